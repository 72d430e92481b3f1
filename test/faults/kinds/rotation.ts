import { CAST } from '../../../sandbox/cast.ts';
import type { Knobs } from '../../../sandbox/entra/knobs.ts';
import { signIn } from '../../../sandbox/tour/k10-visitor.ts';
import { secretInUse } from '../../support/walk-secrets.ts';
import { atWrite } from '../disturb.ts';
import type { Try, TryResult } from '../fault.ts';
import type { Lane } from '../lane.ts';
import { askForRotation, lookBefore, rotationBroken } from '../rotation.ts';

const MISHAPS: readonly [string, Partial<Knobs>][] = [
  ['Graph answers 503, 6 times in a row', { unavailableNext: 6 }],
  ['Entra does not accept the new secret for 18 s', { secretAcceptedAfterMs: 18_000 }],
  ['Entra is slow and late', { latencyMs: 150, replicationLagMs: 3_000 }],
];

/** What goes wrong around a rotation. */
export function rotationFaults(): Try[] {
  return [
    ...MISHAPS.map(([variant, knobs]) =>
      disturbedRotation(variant, (lane) => void Object.assign(lane.sandbox.entra.knobs, knobs)),
    ),
    disturbedRotation('the Kubernetes API is away for 8 s from write 4', async (lane) => {
      await atWrite(lane, 4);
      lane.sandbox.kubernetes.faults.away(8_000);
    }),
    { fault: 'a rotation in which K10 does not become ready', variant: 'retried', run: heldPods },
  ];
}

function disturbedRotation(variant: string, disturb: (lane: Lane) => Promise<void> | void): Try {
  return {
    fault: 'a rotation is disturbed',
    variant,
    async run(lane) {
      await lane.setUp();
      const before = lookBefore(lane);
      const id = await askForRotation(lane);
      await Promise.all([disturb(lane), lane.press(id, 'request.approve')]);
      await lane.untilState(id, ['done']);
      return { broken: await rotationBroken(lane, id, before) };
    },
  };
}

async function heldPods(lane: Lane): Promise<TryResult> {
  const { gate } = lane.sandbox.kubernetes;
  await lane.setUp();
  const before = lookBefore(lane);
  const id = await askForRotation(lane);
  patience(lane, 3);
  gate.hold();
  await lane.press(id, 'request.approve');
  await lane.untilState(id, ['failed'], 'pending');
  patience(lane, 600);
  const broken = secretInUse(lane.sandbox) === before.secret ? [] : ['the old secret was not put back'];
  gate.release();
  await lane.until('a sign-in with the old secret', async () =>
    (await signIn(lane.sandbox.dashboard, CAST.asker)).signedIn ? true : undefined,
  );
  await lane.press(id, 'request.retry');
  await lane.untilState(id, ['done'], 'failed');
  return { broken: [...broken, ...(await rotationBroken(lane, id, before))] };
}

/** How many seconds Kubernetes gives K10's Deployments before it calls a rollout failed. */
function patience({ sandbox }: Lane, seconds: number): void {
  const { store } = sandbox.kubernetes;
  for (const deployment of store.list('deployments.apps', 'kasten-io')) {
    const spec = { ...(deployment['spec'] as object), progressDeadlineSeconds: seconds };
    store.put('deployments.apps', { ...structuredClone(deployment), spec });
  }
}
