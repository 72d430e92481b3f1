import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { startKastellan } from '../../sandbox/kastellan.ts';
import { startTestRedis } from '../../test/support/redis.ts';
import { type Child, freePort, processorMs, putFirst, startChild } from '../children.ts';
import type { Measured, Row } from '../report.ts';
import { median, percentile, total } from '../statistics.ts';
import type { LoadOrder, LoadResult } from './load-order.ts';

const PER_SECOND = 200;
const WARM_UP_S = 3;
const SUSTAINED_S = 30;

const CROWD = 50;

/** Who is asked what, in each round: evenly, and many at the same moment. */
const SUBJECTS = {
  bare: { app: 'bare', text: 'help', atOnce: 1 },
  help: { app: 'product', text: 'help', atOnce: 1 },
  setup: { app: 'product', text: 'setup', atOnce: 1 },
  'bare crowd': { app: 'bare', text: 'help', atOnce: CROWD },
  'setup crowd': { app: 'product', text: 'setup', atOnce: CROWD },
} as const;
type Subject = keyof typeof SUBJECTS;
const ORDER = Object.keys(SUBJECTS) as Subject[];

/** One slice of load on one subject. */
interface Sample extends LoadResult {
  /** Processor time of the app for each command, everything behind the acknowledgement included. */
  readonly processorMsEach: number;
}

/**
 * Acknowledging slash commands, by signed HTTP, against a Bolt app that only acknowledges. `/kasten help` is answered in
 * the acknowledgement; behind `/kasten setup` a person is looked up and a form is opened.
 */
export async function measureAcknowledging(quick: boolean): Promise<Measured> {
  const [rounds, seconds] = quick ? [5, 3] : [12, 5];
  const folder = await mkdtemp(join(tmpdir(), 'kastellan-bench-'));
  const signingSecret = randomBytes(16).toString('hex');
  const redis = await startTestRedis();
  const [slack, load] = await Promise.all([
    startChild('./acknowledge/slack-stub.ts'),
    startChild('./acknowledge/load.ts'),
  ]);
  const barePort = await freePort();
  const bare = await startChild('./acknowledge/bare-bolt.ts', {
    PORT: String(barePort),
    SLACK_SIGNING_SECRET: signingSecret,
  });
  const productPort = await freePort();
  const kastellan = await startKastellan(
    {
      PATH: process.env['PATH'] ?? '',
      KASTELLAN_CONFIG: await writeConfiguration(folder, Number(slack.hello)),
      KASTELLAN_ROLES: 'slack',
      KASTELLAN_DATA_DIR: folder,
      KASTELLAN_REDIS_URL: redis.url,
      KASTELLAN_HTTP_PORT: String(productPort),
      KASTELLAN_HEALTH_PORT: '0',
      SLACK_BOT_TOKEN: 'xoxb-bench',
      SLACK_SIGNING_SECRET: signingSecret,
    },
    join(folder, 'kastellan.log'),
  );
  const order = (subject: Subject, forSeconds: number): LoadOrder => ({
    url: `http://127.0.0.1:${SUBJECTS[subject].app === 'bare' ? barePort : productPort}/slack/events`,
    signingSecret,
    teamId: 'T0BENCH',
    text: SUBJECTS[subject].text,
    perSecond: PER_SECOND,
    atOnce: SUBJECTS[subject].atOnce,
    seconds: forSeconds,
  });
  // Slack is another machine: it must not take a processor from those who are measured, and only Kastellan calls it.
  const first = putFirst([load.pid, bare.pid, kastellan.pid], [slack.pid]);
  const measured = async (subject: Subject, forSeconds: number): Promise<Sample> => {
    const { pid } = SUBJECTS[subject].app === 'bare' ? bare : kastellan;
    const before = await processorMs(pid);
    const result = (await load.ask(order(subject, forSeconds))) as LoadResult;
    return { ...result, processorMsEach: ((await processorMs(pid)) - before) / result.sent };
  };
  for (const subject of ORDER) await measured(subject, WARM_UP_S);
  const results: Record<Subject, Sample[]> = {
    bare: [],
    help: [],
    setup: [],
    'bare crowd': [],
    'setup crowd': [],
  };
  for (let round = 0; round < rounds; round += 1) {
    // Every other round runs backwards, so that nobody is always the first.
    for (const subject of round % 2 === 0 ? ORDER : ORDER.toReversed()) {
      results[subject].push(await measured(subject, seconds));
    }
  }
  const sustained: Sample[] = [];
  for (const subject of ['help', 'setup'] as const) {
    sustained.push(await measured(subject, quick ? 5 : SUSTAINED_S));
  }
  const calls = await slack.ask({});
  await kastellan.stop();
  await Promise.all([bare, load, slack].map((child: Child) => child.stop()));
  await redis.stop();
  await rm(folder, { recursive: true });
  return {
    rows: rowsOf(results, sustained, calls as Record<string, number>),
    samples: {
      putFirst: first,
      perSecond: PER_SECOND,
      seconds,
      rounds,
      slackCalls: calls,
      results,
      sustained,
    },
  };
}

function rowsOf(
  results: Readonly<Record<Subject, readonly Sample[]>>,
  sustained: readonly Sample[],
  calls: Readonly<Record<string, number>>,
): Row[] {
  const own = ORDER.filter((subject) => SUBJECTS[subject].app === 'product').flatMap(
    (subject) => results[subject],
  );
  const all = [...own, ...sustained];
  const lost = total(all.map((result) => result.lost));
  const sent = total(all.map((result) => result.sent));
  const bareSlices = [...results.bare, ...results['bare crowd']];
  const bareLost = total(bareSlices.map((result) => result.lost));
  const each = (subject: Subject): string =>
    median(results[subject].map(({ processorMsEach }) => processorMsEach)).toFixed(2);
  const ratioRow = (name: string, share: number, subject: Subject, against: Subject): Row => {
    const figures = (of: Subject) => results[of].map(({ latenciesMs }) => percentile(latenciesMs, share));
    const [product, base] = [figures(subject), figures(against)];
    const ratios = product.map((figure, round) => figure / (base[round] ?? Number.NaN));
    return {
      name: `acknowledging ${name}`,
      product: `${median(product).toFixed(2)} ms (${each(subject)} ms of processor)`,
      baseline: `${median(base).toFixed(2)} ms (${each(against)} ms), a Bolt app that only acknowledges`,
      value: median(ratios),
      atMost: 1.5,
      spread: [Math.min(...ratios), Math.max(...ratios)],
    };
  };
  return [
    ratioRow(`/kasten help, ${PER_SECOND}/s, p99`, 0.99, 'help', 'bare'),
    ratioRow(`/kasten setup, ${PER_SECOND}/s, p99`, 0.99, 'setup', 'bare'),
    ratioRow(`${CROWD} /kasten setup at the same moment, median`, 0.5, 'setup crowd', 'bare crowd'),
    {
      name: 'slash commands not acknowledged within 3 s',
      product: `${lost} of ${sent}; ${calls['views.open'] ?? 0} forms opened`,
      baseline: `${bareLost} of ${total(bareSlices.map((result) => result.sent))}`,
      value: lost,
      atMost: 0,
    },
  ];
}

async function writeConfiguration(folder: string, slackPort: number): Promise<string> {
  const file = join(folder, 'kastellan.yaml');
  const configuration = {
    slack: { approvalsChannel: 'C0APPROVALS', apiUrl: `http://127.0.0.1:${slackPort}/api/` },
    entra: { tenantId: '11111111-2222-4333-8444-555555555555' },
    clusters: [{ name: 'prod-eu', dashboardUrl: 'https://k10.example.com' }],
    approvals: { setup: { approvers: { users: ['U0BENCH1'] } } },
    // Twenty people who ask ten times a second each.
    limits: {
      perPerson: { burst: 100_000, perMinute: 60_000 },
      perWorkspace: { burst: 100_000, perMinute: 60_000 },
    },
  };
  await writeFile(file, dump(configuration));
  return file;
}
