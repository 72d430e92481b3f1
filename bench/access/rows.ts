import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Measured, Row } from '../report.ts';
import type { RemoteCall, Trace } from '../setup/trace-format.ts';
import { median, percentile } from '../statistics.ts';
import { House, patiently } from './house.ts';

/** About what Graph needs in real life. */
const GRAPH_MS = 150;
const CROWD = 500;
const MINUTE_MS = 60_000;
/** What Slack lets one app do in a workspace (tier 3): https://docs.slack.dev/apis/web-api/rate-limits */
const EDITS_A_MINUTE = 50;
const SETTLED_WITHIN_MS = 30 * MINUTE_MS;

/** One approval, from the click to the moment at which Entra showed the member; milliseconds. */
interface ApprovalSample {
  readonly wallMs: number;
  /** The time in which a call to Graph was under way. */
  readonly graphMs: number;
}

/** Access: what lies between an approval and the membership besides Graph itself, and many at once. */
export async function measureAccess(quick: boolean): Promise<Measured> {
  const samples = await oneByOne(quick ? 20 : 100);
  const crowd = await allAtOnce(quick);
  const rows = [overheadRow(samples), crowdRow(crowd), cardsRow(crowd)];
  return { rows, samples: { samples, crowd } };
}

async function oneByOne(people: number): Promise<ApprovalSample[]> {
  const preload = new URL('../setup/trace.ts', import.meta.url).href;
  const traced = { NODE_OPTIONS: `--no-warnings --import ${preload}` };
  const folder = await mkdtemp(join(tmpdir(), 'kastellan-bench-trace-'));
  const traceFile = join(folder, 'trace.json');
  const house = await House.open(people, GRAPH_MS, [{ ...traced, BENCH_TRACE: traceFile }]);
  const clicks: { at: number; granted: number }[] = [];
  for (let index = 0; index < people; index += 1) {
    await house.asks(index);
    const [card] = await house.waitingCards(1);
    if (card === undefined) throw new Error('There is no card');
    const at = performance.timeOrigin + performance.now();
    await house.approves(card);
    const grants = await patiently('the grant', async () => {
      const found = await house.granted(index + 1);
      return found.length > index ? found : undefined;
    });
    const newest = Math.max(...grants.map(({ grantedAt }) => Date.parse(grantedAt ?? '')));
    clicks.push({ at, granted: newest });
    // The card leaves the list of those that wait before the next one is asked for.
    await patiently('the card to change', async () =>
      (await house.waitingCards(0)).length === 0 ? true : undefined,
    );
  }
  await house.stopKastellans();
  const trace: Trace = JSON.parse(await readFile(traceFile, 'utf8'));
  const graph = trace.calls.filter(({ what }) => what.includes(`${house.sandbox.entra.url}/v1.0`));
  await house.close();
  await rm(folder, { recursive: true });
  return clicks.map(({ at, granted }) => ({
    wallMs: granted - at,
    graphMs: underWay(graph, at, granted),
  }));
}

/** Milliseconds in which at least one of the calls was under way. */
function underWay(calls: readonly RemoteCall[], from: number, to: number): number {
  const within = calls
    .map(({ start, end }) => ({ start: Math.max(start, from), end: Math.min(end, to) }))
    .filter(({ start, end }) => end > start)
    .toSorted((a, b) => a.start - b.start);
  let sum = 0;
  let reached = from;
  for (const { start, end } of within) {
    sum += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return sum;
}

function overheadRow(samples: readonly ApprovalSample[]): Row {
  const over = samples.map(({ wallMs, graphMs }) => wallMs - graphMs);
  const walls = samples.map(({ wallMs }) => wallMs);
  const graphs = samples.map(({ graphMs }) => graphMs);
  return {
    name: 'approval click to membership read back, over the Graph calls themselves, p95 in ms',
    product: `${Math.round(percentile(walls, 0.95))} ms (p95 of ${samples.length})`,
    baseline: `${Math.round(percentile(graphs, 0.95))} ms of Graph calls`,
    value: Math.round(percentile(over, 0.95)),
    atMost: 100,
    spread: [Math.round(Math.min(...over)), Math.round(median(over))],
  };
}

interface CrowdSample {
  /** From the first click to the last, and from the first click to the last membership; milliseconds. */
  readonly clickingMs: number;
  readonly grantedMs: number;
  readonly granted: number;
  readonly members: number;
  readonly twice: number;
  readonly graphRequests: number;
  readonly throttled: number;
  /** From the first click until every card said that access was given; milliseconds. */
  readonly settledMs: number;
  readonly settled: number;
  /** Calls to Slack from the first click on, by method, and how many of them Slack refused because there were too many. */
  readonly slackCalls: Readonly<Record<string, number>>;
  readonly slackRefused: number;
  /** Whether Slack's limits were lifted once everybody had access, so that nobody waits for them. */
  readonly limitsLifted: boolean;
}

async function allAtOnce(quick: boolean): Promise<CrowdSample> {
  const house = await House.open(CROWD, GRAPH_MS, [{}, { KASTELLAN_ROLES: 'worker' }]);
  const { entra, slack } = house.sandbox;
  for (let index = 0; index < CROWD; index += 1) await house.asks(index);
  const cards = await house.waitingCards(CROWD);
  const before = entra.requestLog.length;
  const slackBefore = slack.traffic.entries.length;
  slack.knobs.rateLimits = 'real';
  const began = Date.now();
  const clicks = cards.map(async (card, index) => {
    await sleep((index * MINUTE_MS) / CROWD);
    await house.approves(card);
  });
  await Promise.all(clicks);
  const clickingMs = Date.now() - began;
  const grants = await patiently('every grant', async () => {
    const found = await house.granted(CROWD);
    return found.length >= CROWD ? found : undefined;
  });
  const last = Math.max(...grants.map(({ grantedAt }) => Date.parse(grantedAt ?? '')));
  if (quick) slack.knobs.rateLimits = 'off';
  const settled = await cardsSettled(house);
  const settledMs = Date.now() - began;
  const traffic = slack.traffic.entries.slice(slackBefore).filter(({ kind }) => kind === 'web_api');
  const calls = traffic.filter(({ direction }) => direction === 'from_app');
  const requests = entra.requestLog.slice(before).filter(({ url }) => url.startsWith('/v1.0'));
  const sample = {
    clickingMs,
    grantedMs: last - began,
    granted: grants.length,
    members: house.members(),
    twice: [...house.additions().values()].filter((times) => times > 1).length,
    graphRequests: requests.filter(({ batched }) => !batched).length,
    throttled: requests.filter(({ status }) => status === 429).length,
    settledMs,
    settled,
    slackCalls: counted(calls.map(({ name }) => name)),
    // What Slack refuses so is not answered by the method itself.
    slackRefused: calls.length - traffic.filter(({ direction }) => direction === 'to_app').length,
    limitsLifted: quick,
  };
  slack.knobs.rateLimits = 'off';
  await house.close();
  return sample;
}

async function cardsSettled(house: House): Promise<number> {
  const look = async () => ((await house.settledCards()) >= CROWD ? CROWD : undefined);
  // A card that never gets there is what this row is about, and no fault of the measurement.
  return patiently('every card', look, SETTLED_WITHIN_MS).catch(() => house.settledCards());
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function cardsRow({ settled, settledMs, slackCalls, slackRefused, limitsLifted }: CrowdSample): Row {
  const all = Object.values(slackCalls).reduce((sum, calls) => sum + calls, 0);
  const edits = slackCalls['chat.update'] ?? 0;
  const lifted = limitsLifted ? ', then without limits' : '';
  return {
    name: 'their cards: not in their last state in the end',
    product: `${settled} settled ${(settledMs / 1_000).toFixed(0)} s after the first click${lifted}; ${all} Slack calls, ${edits} of them edits, ${slackRefused} refused with 429`,
    baseline: `${CROWD} edits at Slack's ${EDITS_A_MINUTE} a minute: ${(CROWD * 60) / EDITS_A_MINUTE} s`,
    value: CROWD - settled,
    atMost: 0,
  };
}

function crowdRow(sample: CrowdSample): Row {
  const { clickingMs, grantedMs, granted, members, twice, graphRequests } = sample;
  const wrong = CROWD - Math.min(granted, members) + Math.max(0, granted - CROWD) + twice;
  return {
    name: `${CROWD} approvals in a minute, two workers: not granted, or granted twice`,
    product: `${granted} granted ${(grantedMs / 1_000).toFixed(1)} s after the first click, ${graphRequests} Graph requests`,
    baseline: `${CROWD} clicks in ${(clickingMs / 1_000).toFixed(1)} s`,
    value: wrong,
    atMost: 0,
  };
}
