import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAST, CHANNELS } from '../../sandbox/cast.ts';
import { SERVICE_ACCOUNT_USER } from '../../sandbox/documented-rights.ts';
import { startKastellan } from '../../sandbox/kastellan.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';
import type { Measured, Row } from '../report.ts';
import { median } from '../statistics.ts';
import { type RemoteTime, remoteTime } from './critical-path.ts';
import type { RemoteCall, Trace } from './trace-format.ts';

/** About what Entra, a cluster and K10 need in real life. */
const DELAYS = {
  graphMs: 150,
  replicationLagMs: 1_000,
  secretAcceptedAfterMs: 6_000,
  kubernetesMs: 20,
  rolloutMs: 3_000,
};
const MINUTES_MS = 60_000;

interface SetupSample {
  /** From the click on Approve to the card that says it is done, in milliseconds. */
  readonly wallMs: number;
  readonly remote: RemoteTime;
  /** What a second set-up wrote, by system. */
  readonly secondWrites: Readonly<Record<'entra' | 'helm' | 'kubernetes', readonly string[]>>;
  readonly trace: Trace;
}

/** A whole set-up with remote systems as slow as real ones, and a second one that finds nothing to do. */
export async function measureSetup(quick: boolean): Promise<Measured> {
  const samples: SetupSample[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round += 1) samples.push(await oneSetup());
  return { rows: rowsOf(samples), samples: { delays: DELAYS, setups: samples } };
}

async function oneSetup(): Promise<SetupSample> {
  const home = await mkdtemp(join(tmpdir(), 'kastellan-bench-'));
  const traceFile = join(home, 'trace.json');
  const sandbox = await startSandbox({
    home,
    secretAcceptedAfterMs: DELAYS.secretAcceptedAfterMs,
    rolloutDelayMs: DELAYS.rolloutMs,
  });
  sandbox.entra.knobs.latencyMs = DELAYS.graphMs;
  sandbox.entra.knobs.replicationLagMs = DELAYS.replicationLagMs;
  // Kastellan and its Helm, not the stand-in for K10.
  sandbox.kubernetes.faults.add({ match: { user: SERVICE_ACCOUNT_USER }, delayMs: DELAYS.kubernetesMs });
  const preload = new URL('./trace.ts', import.meta.url).href;
  const environment = {
    ...sandbox.environment,
    NODE_OPTIONS: `--no-warnings --import ${preload}`,
    BENCH_TRACE: traceFile,
  };
  const kastellan = await startKastellan(environment, join(home, 'kastellan.log'));
  const plan = await ask(sandbox, (card) =>
    sandbox.slack.control.actionsOf(card).includes('request.approve'),
  );
  const approvedAt = Date.now();
  await sandbox.slack.control.click(CAST.approver.slackId, CHANNELS.approvals, plan.ts, 'request.approve');
  const doneAt = await endOf(sandbox, plan);
  const before = writesOf(sandbox);
  await ask(sandbox, ({ ts, text = '' }) => ts !== plan.ts && /nothing to (do|change)/i.test(text));
  const secondWrites = newWrites(before, writesOf(sandbox));
  await kastellan.stop();
  await sandbox.close();
  const trace: Trace = JSON.parse(await readFile(traceFile, 'utf8'));
  await rm(home, { recursive: true });
  const slackOrigin = new URL(sandbox.slack.apiUrl).origin;
  const remoteCalls = trace.calls.filter(({ what }) => !what.includes(slackOrigin));
  const firstStep = Math.min(...trace.steps.map(({ start }) => start));
  const observed = remoteCalls.filter(
    ({ step, start }) => step === undefined && start >= approvedAt && start < firstStep,
  );
  return {
    wallMs: doneAt - approvedAt,
    remote: remoteTime(observed, trace.steps, remoteCalls, DELAYS),
    secondWrites,
    trace: { calls: remoteCalls.map(withoutQuery), steps: trace.steps },
  };
}

/** Asks for a set-up as a person does, and waits for the card that matches. */
async function ask(sandbox: Sandbox, matches: (card: SlackMessage) => boolean): Promise<SlackMessage> {
  const { control } = sandbox.slack;
  const asker = CAST.asker.slackId;
  await control.runCommand(asker, CHANNELS.general, 'setup');
  const view = await control.untilModal(asker);
  await control.submitView(asker, view.id, { 'members:admin': [asker, CAST.secondApprover.slackId] });
  return patiently(() => control.untilMessage(CHANNELS.approvals, 'a card', matches));
}

/** Epoch milliseconds at which the card was told that all is done. */
async function endOf(sandbox: Sandbox, { ts }: SlackMessage): Promise<number> {
  const { control, traffic } = sandbox.slack;
  const card = await patiently(() =>
    control.untilMessage(CHANNELS.approvals, 'the end', (message) => {
      if (message.ts !== ts) return false;
      return /signs in through Entra|stopped|needs/.test(message.text ?? '');
    }),
  );
  if (!/signs in through Entra/.test(card.text ?? '')) throw new Error(`The set-up failed: ${card.text}`);
  const told = traffic.callsOf('chat.update').find(({ body }) => /now signs in through Entra/.test(body));
  return told?.at ?? Date.now();
}

/** The sandbox is patient for seconds only; a set-up may take longer. */
async function patiently<T>(look: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 5 * MINUTES_MS;
  for (;;) {
    try {
      return await look();
    } catch (thrown) {
      if (Date.now() > deadline) throw thrown;
    }
  }
}

type Writes = SetupSample['secondWrites'];

function writesOf({ entra, kubernetes }: Sandbox): Writes {
  const cluster = kubernetes.requestLog.writes().map(({ method, path }) => `${method} ${path}`);
  const isHelm = (write: string): boolean => write.includes('sh.helm.release');
  const graph = entra.requestLog.filter(({ method, url }) => method !== 'GET' && url.startsWith('/v1.0'));
  return {
    entra: graph.map(({ method, url }) => `${method} ${url}`),
    helm: cluster.filter(isHelm),
    kubernetes: cluster.filter((write) => !isHelm(write)),
  };
}

function newWrites(before: Writes, after: Writes): Writes {
  return {
    entra: after.entra.slice(before.entra.length),
    helm: after.helm.slice(before.helm.length),
    kubernetes: after.kubernetes.slice(before.kubernetes.length),
  };
}

function withoutQuery(call: RemoteCall): RemoteCall {
  return { ...call, what: call.what.replace(/\?.*/, '') };
}

function rowsOf(samples: readonly SetupSample[]): Row[] {
  const walls = samples.map(({ wallMs }) => wallMs);
  const against = (name: string, atMost: number, baseline: (remote: RemoteTime) => number): Row => {
    const bases = samples.map(({ remote }) => baseline(remote));
    const ratios = walls.map((wall, index) => wall / (bases[index] ?? Number.NaN));
    return {
      name: `set-up, approval to done, against ${name}`,
      product: `${(median(walls) / 1_000).toFixed(1)} s`,
      baseline: `${(median(bases) / 1_000).toFixed(1)} s`,
      value: median(ratios),
      atMost,
      spread: [Math.min(...ratios), Math.max(...ratios)],
    };
  };
  const writes = samples.flatMap(({ secondWrites: { entra, helm, kubernetes } }) => [
    ...entra,
    ...helm,
    ...kubernetes,
  ]);
  return [
    against('the critical path of the remote calls', 1.1, ({ criticalPathMs }) => criticalPathMs),
    against('the same calls one after another', 0.7, ({ oneAfterAnotherMs }) => oneAfterAnotherMs),
    {
      name: 'writes of a second set-up to Entra, Helm and Kubernetes',
      product: `${writes.length} in ${samples.length} set-ups`,
      baseline: '',
      value: writes.length,
      atMost: 0,
    },
  ];
}
