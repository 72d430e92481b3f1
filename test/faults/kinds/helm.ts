import { AppsV1Api, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { livedInValues } from '../../../sandbox/k10/install.ts';
import { atWrite, disturbed } from '../disturb.ts';
import type { Try } from '../fault.ts';
import { brokenAfterSetUp, brokenAfterUndo, brokenRecords } from '../invariants.ts';
import type { Lane } from '../lane.ts';
import { JournalWatch } from '../moments.ts';
import { upgradeByHand } from '../reset.ts';
import { releaseOf } from '../seen.ts';
import { failedSetUp } from '../unproved.ts';

const FOREIGN = { clusterName: 'renamed by somebody else' };

export function helmFaults(): Try[] {
  return [
    {
      fault: 'a Deployment never becomes ready',
      variant: 'taken back, then rolled back',
      run: neverReady,
    },
    {
      fault: 'Helm cannot write its record',
      variant: 'failed, then rolled back',
      async run(lane) {
        const id = await lane.ask();
        const { values } = releaseOf(lane.sandbox);
        lane.sandbox.kubernetes.faults.add({
          match: { method: 'POST', path: '/secrets' },
          answer: { status: 500 },
        });
        await lane.press(id, 'request.approve');
        await lane.untilState(id, ['failed'], 'pending');
        lane.sandbox.kubernetes.faults.clear();
        return { broken: await rolledBack(lane, id, values) };
      },
    },
    {
      fault: 'a field belongs to another manager',
      variant: 'named, given up and tried again',
      async run(lane) {
        const { revision } = releaseOf(lane.sandbox);
        const { id, broken } = await inConflict(lane);
        await scaleByHand(lane, 1);
        await lane.press(id, 'request.retry');
        await lane.untilState(id, ['done'], 'failed');
        // The upgrade that failed, and the two ways back that failed, are revisions as well.
        return { broken: [...broken, ...(await brokenAfterSetUp(lane, id, revision + 3))] };
      },
    },
    {
      fault: 'a field belongs to another manager',
      variant: 'named, rolled back in vain, given up and rolled back',
      async run(lane) {
        const { values } = releaseOf(lane.sandbox);
        const { id, broken } = await inConflict(lane);
        await lane.press(id, 'request.roll-back');
        const { leftovers = [] } = await lane.untilState(id, ['needs-operator'], 'failed');
        broken.push(...unnamed(leftovers.join('; ')));
        await scaleByHand(lane, 1);
        await lane.rollBack(id, 'needs-operator');
        return { broken: [...broken, ...(await brokenAfterUndo(lane, id, values))] };
      },
    },
    disturbed({
      fault: 'somebody else upgrades in between',
      variant: 'before the approval',
      foreignRevisions: 1,
      pending: (lane) => upgradeByHand(lane.sandbox, FOREIGN),
      after: foreignValueStays,
    }),
    disturbed({
      fault: 'somebody else upgrades in between',
      variant: 'while it is carried out',
      foreignRevisions: 1,
      async running(lane) {
        await atWrite(lane, 1);
        await upgradeByHand(lane.sandbox, FOREIGN);
      },
      after: foreignValueStays,
    }),
    {
      fault: 'somebody else upgrades in between',
      variant: 'and the worker dies before it has put theirs on top',
      run: lostUpgrade,
    },
    {
      fault: 'somebody else upgrades in between',
      variant: 'before it is rolled back',
      async run(lane) {
        const id = await failedSetUp(lane);
        await changeByHand(lane);
        await lane.rollBack(id);
        const wanted = { ...livedInValues, ...FOREIGN };
        return { broken: await brokenAfterUndo(lane, id, wanted) };
      },
    },
  ];
}

// What sign-in has set stays as it is; only somebody else's value is changed.
async function changeByHand({ sandbox }: Lane): Promise<void> {
  await upgradeByHand(sandbox, { ...releaseOf(sandbox).values, ...FOREIGN });
}

async function lostUpgrade(lane: Lane) {
  const { revision } = releaseOf(lane.sandbox);
  const id = await lane.ask();
  const watch = await atUpgrade(
    lane,
    id,
    () => upgradeByHand(lane.sandbox, FOREIGN),
    () => lane.fleet.kill(watch.runner),
  );
  await lane.approve(id).finally(() => watch.close());
  // Theirs, and the one that overwrote it.
  const broken = await brokenAfterSetUp(lane, id, revision + 2);
  return { broken: [...broken, ...foreignValueStays(lane)] };
}

// Kastellan notes what there was, then what it is about to upgrade to; and the same again once it sees somebody else's.
function atUpgrade(
  lane: Lane,
  requestId: string,
  before: () => Promise<void>,
  again?: () => void,
): Promise<JournalWatch> {
  let notes = 0;
  return JournalWatch.open(lane, requestId, async ({ what }) => {
    if (what !== 'release started') return;
    notes += 1;
    if (notes === 3) await before();
    if (notes === 4) again?.();
  });
}

async function neverReady(lane: Lane) {
  const { values, revision } = releaseOf(lane.sandbox);
  const id = await lane.ask();
  const { runtimes } = lane.sandbox.kubernetes;
  runtimes.unshift({
    async start(pod) {
      // Only what the new revision starts is broken: going back works.
      const isNew = releaseOf(lane.sandbox).revision === revision + 1;
      if (pod.deployment !== 'gateway' || !isNew) return undefined;
      pod.unready('the gateway listens on nothing');
      return { stop: async () => undefined };
    },
  });
  await lane.press(id, 'request.approve');
  const failed = await lane.untilState(id, ['failed'], 'pending').finally(() => runtimes.shift());
  const named = /gateway/.test(failed.failure?.message ?? '') ? [] : ['the failure does not name gateway'];
  return { broken: [...named, ...(await rolledBack(lane, id, values))] };
}

// Helm 4 does not take a field away from another manager; Helm 3 does. The field is taken once Kastellan has compared the
// upgrade with what runs: before that, the plan itself would refuse.
async function inConflict(lane: Lane): Promise<{ id: string; broken: string[] }> {
  const id = await lane.ask();
  // That the pod more is not ready yet is not why Helm was refused it.
  const { runtimes } = lane.sandbox.kubernetes;
  runtimes.unshift({
    async start(pod) {
      if (pod.deployment !== 'gateway') return undefined;
      pod.unready('the gateway is starting');
      return { stop: async () => undefined };
    },
  });
  const watch = await atUpgrade(lane, id, () => scaleByHand(lane, 2));
  await lane.press(id, 'request.approve');
  const { failure } = await lane.untilState(id, ['failed'], 'pending').finally(() => {
    watch.close();
    runtimes.shift();
  });
  return { id, broken: unnamed(`${failure?.message} ${failure?.hint}`) };
}

function unnamed(words: string): string[] {
  return ['.spec.replicas of Deployment gateway', 'Let kubectl-edit give the field up']
    .filter((wanted) => !words.includes(wanted))
    .map((wanted) => `"${wanted}" is not said, but: ${words}`);
}

// As many as the chart wants is no conflict, whoever set it.
async function scaleByHand({ sandbox }: Lane, replicas: number): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(sandbox.clusters[0].kubeconfig);
  await config.makeApiClient(AppsV1Api).patchNamespacedDeployment(
    {
      name: 'gateway',
      namespace: 'kasten-io',
      body: { spec: { replicas } },
      fieldManager: 'kubectl-edit',
    },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}

async function rolledBack(lane: Lane, id: string, values: unknown): Promise<string[]> {
  const shown = await brokenRecords(lane, id, 'failed');
  await lane.rollBack(id);
  return [...shown, ...(await brokenAfterUndo(lane, id, values))];
}

function foreignValueStays(lane: Lane): string[] {
  const { values } = releaseOf(lane.sandbox) as { values: { clusterName?: string } };
  return values.clusterName === FOREIGN.clusterName ? [] : ["somebody else's value was overwritten"];
}
