import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CAST, CHANNELS } from '../../sandbox/cast.ts';
import { startKastellan } from '../../sandbox/kastellan.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';
import type { Measured } from '../report.ts';
import { median } from '../statistics.ts';

const CLUSTERS = ['c-0', 'c-1', 'c-2', 'c-3'];
const EVERY_MS = 100;
const PATIENCE_MS = 300_000;
// Each floods once: their limits are the configuration's own, and a bucket takes long to fill.
const FLOODING = [CAST.outsider, CAST.approver, CAST.secondApprover, CAST.onCall];

/** How long a person waits for `/kasten status` while another floods `/kasten doctor`, against a calm moment. */
export async function measureFlood(quick: boolean): Promise<Measured> {
  const home = await mkdtemp(join(tmpdir(), 'kastellan-bench-'));
  const adjust = { configuration: ({ limits: _fast, ...usual }: Usual) => usual };
  const sandbox = await startSandbox({ home, clusters: CLUSTERS, adjust });
  // It is about who gets Kastellan's time; the answers to some rounds in a row are more than Slack takes.
  sandbox.slack.knobs.rateLimits = 'off';
  const kastellan = await startKastellan(sandbox.environment, join(home, 'kastellan.log'));
  // The first looks fill caches.
  await secondsOfStatus(sandbox);
  const calm: number[] = [];
  const flooded: number[] = [];
  for (const { slackId } of FLOODING.slice(0, quick ? 2 : FLOODING.length)) {
    calm.push(await secondsOfStatus(sandbox));
    const flood = startFlood(sandbox, slackId);
    await sleep(1_000);
    flooded.push(await secondsOfStatus(sandbox));
    await flood.stop();
  }
  await kastellan.stop();
  await sandbox.close();
  await rm(home, { recursive: true });
  const ratios = flooded.map((seconds, round) => seconds / (calm[round] ?? Number.NaN));
  return {
    rows: [
      {
        name: 'answering `/kasten status` while another person floods `/kasten doctor`',
        product: `${median(flooded).toFixed(1)} s`,
        baseline: `${median(calm).toFixed(1)} s, the same in a calm moment`,
        value: median(ratios),
        atMost: 2,
        spread: [Math.min(...ratios), Math.max(...ratios)],
      },
    ],
    samples: { clusters: CLUSTERS.length, everyMs: EVERY_MS, calm, flooded },
  };
}

type Usual = Parameters<
  NonNullable<NonNullable<Parameters<typeof startSandbox>[0]['adjust']>['configuration']>
>[0];

async function secondsOfStatus({ slack: { control } }: Sandbox): Promise<number> {
  const { slackId } = CAST.asker;
  const answers = async () =>
    (await control.ephemerals(slackId)).filter((message) => /of \d+ clusters/.test(textOf(message)));
  const before = (await answers()).length;
  const began = performance.now();
  await control.runCommand(slackId, CHANNELS.general, 'status');
  await control.until('the status', async () => (await answers())[before], PATIENCE_MS);
  return (performance.now() - began) / 1_000;
}

/** One person who types as fast as they can. */
function startFlood({ slack: { control } }: Sandbox, who: string): { stop(): Promise<void> } {
  const typed: Promise<unknown>[] = [];
  const timer = setInterval(() => {
    typed.push(control.runCommand(who, CHANNELS.general, 'doctor'));
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(typed);
      const isAnswered = async () =>
        (await control.ephemerals(who)).some((message) => /Redis/.test(JSON.stringify(message.blocks)));
      await control.until('the doctor', async () => ((await isAnswered()) ? true : undefined), PATIENCE_MS);
    },
  };
}
