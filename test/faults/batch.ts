import { isDeepStrictEqual } from 'node:util';
import { Queue } from 'bullmq';
import { CAST } from '../../sandbox/cast.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import type { RequestOf } from '../../src/domain/requests/request.ts';
import { PREFIX } from '../../src/jobs/failures.ts';
import { REQUEST_QUEUE } from '../../src/jobs/queue.ts';
import { findParts } from '../../src/workflows/requests/batch-parts.ts';
import {
  brokenCard,
  brokenIfTouched,
  brokenMessage,
  brokenObjects,
  brokenRecords,
  brokenRelease,
  LAST_WORDS,
  leftOf,
} from './invariants.ts';
import type { Lane } from './lane.ts';
import { releaseOf } from './seen.ts';
import { unproved } from './unproved.ts';

type Part = RequestOf<'setup'>;

/** Asks for the set-up of all clusters, and lets no worker begin before `plan`. */
export async function submitBatch(lane: Lane): Promise<string> {
  await withQueue(lane, (queue) => queue.pause());
  return lane.newRequest('batch', () => lane.sendSetup('all'));
}

/** Lets a worker begin with what nobody looks at yet; resolves once its plans can be decided on. */
export async function planBatch(lane: Lane, requestId: string): Promise<void> {
  await withQueue(lane, (queue) => queue.resume());
  await lane.untilState(requestId, ['pending']);
}

/** Asks for the set-up of all clusters; resolves once their plans can be decided on. */
export async function askForBatch(lane: Lane): Promise<string> {
  const id = await lane.newRequest('batch', () => lane.sendSetup('all'));
  await lane.untilState(id, ['pending']);
  await lane.cardWith(id, 'request.approve');
  return id;
}

/** Set-ups that were carried out but not proved, on every cluster: what people roll back with one click. */
export function failedBatch(lane: Lane): Promise<string> {
  return unproved(lane, askForBatch);
}

/** Rolls back every part, as people do: again where whoever took the click died before it had come to all of them. */
export async function rollBackBatch(lane: Lane, requestId: string): Promise<void> {
  for (let failed = lane.sandbox.clusters.length; failed > 0; ) {
    await lane.press(requestId, 'request.roll-back');
    const before = failed;
    failed = await lane.until('parts to be rolled back', async () => {
      const states = (await partsOf(lane, requestId)).map(({ state }) => state);
      const left = states.filter((state) => state === 'failed').length;
      return left < before && !states.includes('undoing') ? left : undefined;
    });
  }
  await lane.untilState(requestId, ['done'], 'failed');
}

/** What each cluster has before, in the order of the sandbox. */
export type Before = readonly ReturnType<typeof releaseOf>[];

export function lookBeforeBatch({ sandbox }: Lane): Before {
  return sandbox.clusters.map(releaseOf);
}

/** What does not hold once the plans wait for their decision; withdraws them after that. */
export async function brokenOncePlanned(lane: Lane, requestId: string, before: Before): Promise<string[]> {
  await lane.press(requestId, 'request.withdraw', 'asker');
  await lane.untilState(requestId, ['withdrawn'], 'pending');
  const planned = await partsOf(lane, requestId);
  const parts = await lane.until('the parts to be over', async () => {
    const now = await partsOf(lane, requestId);
    return now.some(({ state }) => state === 'pending') ? undefined : now;
  });
  return [
    ...brokenParts(lane, parts, 'withdrawn'),
    ...planned.filter(({ plan }) => plan === undefined).map(({ cluster }) => `${cluster} was not planned`),
    ...(await brokenOnce(lane, [requestId], ['request.planned', 'request.withdrawn'])),
    ...(await brokenOnce(lane, idsOf(parts), ['request.created', 'request.planned', 'request.withdrawn'])),
    ...brokenIfTouched(lane, before[0]?.revision ?? 0),
    ...(await brokenRecords(lane, requestId, 'withdrawn')),
  ];
}

/** What does not hold after a batch of which every part came to its good end. */
export async function batchBroken(lane: Lane, requestId: string, before: Before): Promise<string[]> {
  const parts = await partsOf(lane, requestId);
  const { clusters } = lane.sandbox;
  const visits = clusters.map(async ({ name, dashboard }) => ({
    name,
    ...(await signIn(dashboard, CAST.asker)),
  }));
  const shut = (await Promise.all(visits)).filter(({ signedIn }) => !signedIn);
  return [
    ...brokenParts(lane, parts, 'done'),
    ...brokenObjects(lane, parts),
    ...clusters.flatMap((cluster, at) =>
      brokenRelease(cluster, before[at]?.revision ?? 0).map((line) => `${cluster.name}: ${line}`),
    ),
    ...shut.map(({ name }) => `nobody can sign in on ${name}`),
    ...(await brokenOnce(lane, [requestId], ['request.approved', 'request.started', 'request.done'])),
    ...(await brokenOnce(lane, idsOf(parts), ['request.approved', 'request.started', 'request.done'])),
    ...(await brokenEnd(lane, requestId, parts, ['allDone', 'done'])),
  ];
}

/** What does not hold after a batch of which every part was rolled back. */
export async function batchNotUndone(lane: Lane, requestId: string, before: Before): Promise<string[]> {
  const parts = await partsOf(lane, requestId);
  const now = lookBeforeBatch(lane);
  return [
    ...brokenParts(lane, parts, 'undone'),
    ...leftOf(lane),
    ...now.filter(({ status }) => status !== 'deployed').map(({ status }) => `a release is ${status}`),
    ...(isDeepStrictEqual(
      now.map(({ values }) => values),
      before.map(({ values }) => values),
    )
      ? []
      : ['the values are not those of before']),
    ...(await brokenOnce(lane, idsOf(parts), ['request.roll-back', 'request.undone'])),
    ...(await brokenEnd(lane, requestId, parts, ['allUndone', 'undone'])),
  ];
}

async function partsOf(lane: Lane, requestId: string): Promise<Part[]> {
  const batch = await lane.requests.find(requestId);
  return batch?.kind === 'batch' ? findParts(lane, batch) : [];
}

function idsOf(parts: readonly Part[]): string[] {
  return parts.map(({ id }) => id);
}

function brokenParts({ sandbox }: Lane, parts: readonly Part[], state: Part['state']): string[] {
  const wanted = sandbox.clusters.map(({ name }) => `${name} ${state}`).join();
  const there = parts.map((part) => `${part.cluster} ${part.state}`).join();
  return there === wanted ? [] : [`the parts: ${there}`];
}

type End = Parameters<typeof brokenCard>[2];

/** One card for the whole, which tells of each cluster, and one for each part in its thread; and who asked is told once. */
async function brokenEnd(
  lane: Lane,
  requestId: string,
  parts: readonly Part[],
  [whole, part]: [End, End],
): Promise<string[]> {
  const cards = await Promise.all(idsOf(parts).map((id) => brokenCard(lane, id, part)));
  return [
    ...cards.flat(),
    ...(await brokenRecords(lane, requestId, whole)),
    ...(await brokenMessage(lane, 'asker', requestId, LAST_WORDS[whole])),
  ];
}

/** What the audit log tells of these requests too often, or not at all. */
async function brokenOnce(
  lane: Lane,
  requestIds: readonly string[],
  actions: readonly string[],
): Promise<string[]> {
  const entries = await lane.audit.read({ requestIds: new Set(requestIds), limit: 1_000 });
  return requestIds.flatMap((id) =>
    actions.flatMap((wanted) => {
      const times = entries.filter(({ action, requestId }) => action === wanted && requestId === id).length;
      return times === 1 ? [] : [`${wanted} ${times} times for ${id}`];
    }),
  );
}

async function withQueue(lane: Lane, act: (queue: Queue) => Promise<void>): Promise<void> {
  const queue = new Queue(REQUEST_QUEUE, { connection: lane.redis, prefix: PREFIX });
  await act(queue);
  await queue.close();
}
