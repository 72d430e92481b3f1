import { isDeepStrictEqual } from 'node:util';
import { CAST } from '../../sandbox/cast.ts';
import { livedInValues } from '../../sandbox/k10/install.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import type { RequestState } from '../../src/domain/requests/request.ts';
import { ownSecrets } from '../support/walk-secrets.ts';
import { givenAccess, grantsOf } from './access.ts';
import { brokenCard, brokenObjects, brokenRecords, leftOf } from './invariants.ts';
import type { Lane } from './lane.ts';
import { askForRotation } from './rotation.ts';
import { made, releaseOf } from './seen.ts';
import { unproved } from './unproved.ts';

const EVERYTHING = { remove: ['bindings', 'credential', 'application', 'groups'] };

/** A cluster that was set up, somebody who has access to it for an hour, and a rotation that waits for its decision. */
export async function inUse(lane: Lane): Promise<void> {
  await lane.setUp();
  await givenAccess(lane);
  await askForRotation(lane);
}

/** Asks for everything to be torn down; resolves once the plan can be decided on. */
export async function askForTeardown(lane: Lane): Promise<string> {
  const id = await lane.newRequest('teardown', () => lane.sendForm('teardown prod-eu', EVERYTHING));
  await lane.untilState(id, ['pending']);
  await lane.cardWith(id, 'request.approve');
  return id;
}

/** A tear-down that was carried out but not proved: what people roll back. */
export function failedTeardown(lane: Lane): Promise<string> {
  return unproved(lane, askForTeardown);
}

/** What a tear-down that is rolled back must bring back. */
interface Before {
  readonly ids: readonly string[];
  readonly values: unknown;
  readonly revision: number;
}

export function lookBeforeTeardown({ sandbox }: Lane): Before {
  const { values, revision } = releaseOf(sandbox);
  return { ids: idsIn(sandbox), values, revision };
}

/** What does not hold after a tear-down that came to its good end. */
export async function teardownBroken(lane: Lane, requestId: string, before: Before): Promise<string[]> {
  const { values, revision, status } = releaseOf(lane.sandbox);
  const visit = await signIn(lane.sandbox.dashboard, CAST.asker);
  const takesToken = !visit.signedIn && /Paste a token/.test(visit.page);
  return [
    ...leftOf(lane),
    ...ownSecrets(lane.sandbox).map((name) => `the Kubernetes Secret ${name} is left`),
    ...(status === 'deployed' ? [] : [`the release is ${status}`]),
    ...(revision === before.revision + 1 ? [] : [`${revision - before.revision} new Helm revisions`]),
    ...(isDeepStrictEqual(values, livedInValues) ? [] : ['the values are not those of before set-up']),
    ...(takesToken ? [] : ['K10 does not ask for a token, as before set-up']),
    ...(await grantsLeft(lane)),
    ...(await brokenRotation(lane, 'withdrawn')),
    ...(await brokenRecords(lane, requestId, 'tornDown')),
  ];
}

/** What does not hold after a tear-down that was rolled back. */
export async function teardownNotUndone(lane: Lane, requestId: string, before: Before): Promise<string[]> {
  const request = await lane.requests.find(requestId);
  if (request?.kind !== 'teardown') return ['the request is gone'];
  const setup = await lane.requests.find(request.spec.setupId);
  if (setup?.kind !== 'setup') return ['the set-up is gone'];
  const { values, status } = releaseOf(lane.sandbox);
  const visit = await signIn(lane.sandbox.dashboard, CAST.asker);
  const mayBackUp = visit.signedIn && visit.who.rights['backup'] === true;
  return [
    ...brokenObjects(lane, [setup]),
    ...(idsIn(lane.sandbox).join() === before.ids.join() ? [] : ['Entra has others than before']),
    ...(status === 'deployed' ? [] : [`the release is ${status}`]),
    ...(isDeepStrictEqual(values, before.values) ? [] : ['the values are not those of before']),
    ...(mayBackUp ? [] : ['a member cannot sign in with the rights of before']),
    // What was given for a time does not come back.
    ...(await grantsLeft(lane)),
    ...(await brokenRotation(lane, 'pending')),
    ...(await brokenRecords(lane, requestId, 'undone')),
  ];
}

/** Whether the rotation was called off, and once, or waits as before. */
async function brokenRotation(lane: Lane, wanted: RequestState): Promise<string[]> {
  const [rotation] = await lane.requests.list({ kind: 'rotation', cluster: 'prod-eu', limit: 1 });
  if (rotation === undefined) return ['the rotation is gone'];
  const entries = await lane.audit.read({ requestIds: new Set([rotation.id]), limit: 500 });
  const times = entries.filter(({ action }) => action === 'rotation.called-off').length;
  return [
    ...(rotation.state === wanted ? [] : [`the rotation is ${rotation.state}`]),
    ...(times === (wanted === 'withdrawn' ? 1 : 0) ? [] : [`it was called off ${times} times`]),
    ...(wanted === 'withdrawn' ? await brokenCard(lane, rotation.id, 'calledOff') : []),
  ];
}

async function grantsLeft(lane: Lane): Promise<string[]> {
  const live = await grantsOf(lane).live();
  return live.map(({ person }) => `${person.name} has access for a time`);
}

function idsIn(sandbox: Lane['sandbox']): string[] {
  return (['group', 'application', 'servicePrincipal'] as const)
    .flatMap((kind) => made(sandbox, kind))
    .map(({ id }) => id)
    .toSorted();
}
