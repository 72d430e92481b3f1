import { isDeepStrictEqual } from 'node:util';
import { CAST } from '../../sandbox/cast.ts';
import type { RequestOf } from '../../src/domain/requests/request.ts';
import { groupKey } from '../../src/domain/setup/group-key.ts';
import { bindingName, K10_ROLES, prefixedGroup, roleName } from '../../src/domain/setup/naming.ts';
import { applicationOf, secretsOf } from '../support/walk-state.ts';
import type { Lane } from './lane.ts';
import { clusterNamed, made, OWN_BINDINGS, type Place, releaseOf } from './seen.ts';

/** What a person reads on the card at the end. */
export const LAST_WORDS = {
  done: /signs in through Entra/,
  rotated: /The client secret on .* was rotated/,
  tornDown: /no longer signs in/,
  undone: /was rolled back/,
  denied: /was denied/,
  failed: /stopped/,
  allDone: /All 2 clusters sign in through Entra now/,
  allUndone: /prod-eu and prod-us: rolled back, and as before/,
  withdrawn: /was withdrawn/,
  calledOff: /was called off/,
} as const;

type End = keyof typeof LAST_WORDS;

/** What holds after every try that was carried out, however it was disturbed; each line is one that does not. */
export async function brokenAfterSetUp(
  lane: Lane,
  requestId: string,
  revisionBefore: number,
  mostCards = 1,
): Promise<string[]> {
  const request = await lane.requests.find(requestId);
  if (request?.kind !== 'setup') return ['the request is gone'];
  return [
    ...brokenObjects(lane, [request]),
    ...brokenRelease(lane.sandbox, revisionBefore),
    ...(await brokenRecords(lane, requestId, 'done', mostCards)),
  ];
}

/** What does not hold of all that these set-ups make, and none beside them, apart from the releases. */
export function brokenObjects(lane: Lane, requests: readonly RequestOf<'setup'>[]): string[] {
  const levels = requests.flatMap(({ spec }) => spec.levels);
  return [
    ...requests.flatMap((request) => {
      const groups = groupsOf(lane, request);
      const place = clusterNamed(lane.sandbox, request.cluster);
      return [
        ...groups.broken,
        ...brokenCredential(lane, request.cluster),
        ...brokenBindings(place, request, groups.ids),
      ];
    }),
    ...brokenCount(lane, 'group', levels.length),
    ...brokenCount(lane, 'application', requests.length),
    ...brokenCount(lane, 'servicePrincipal', requests.length),
  ];
}

function brokenCount(lane: Lane, kind: Parameters<typeof made>[1], wanted: number): string[] {
  const { length } = made(lane.sandbox, kind);
  return length === wanted ? [] : [`${length} times ${kind} in all`];
}

/** What holds after everything was undone. */
export async function brokenAfterUndo(
  lane: Lane,
  requestId: string,
  valuesBefore: unknown,
): Promise<string[]> {
  const { values, status } = releaseOf(lane.sandbox);
  return [
    ...leftOf(lane),
    ...(status === 'deployed' ? [] : [`the release is ${status}`]),
    ...(isDeepStrictEqual(values, valuesBefore) ? [] : ['the values are not those of before']),
    ...(await brokenRecords(lane, requestId, 'undone')),
  ];
}

/** What is left of all that a set-up makes, apart from the release. */
export function leftOf(lane: Lane): string[] {
  return [
    ...(['group', 'application', 'servicePrincipal'] as const).flatMap((kind) =>
      made(lane.sandbox, kind).map(({ properties }) => `${kind} ${properties['displayName']} is left`),
    ),
    ...lane.sandbox.clusters.flatMap((cluster) => [
      ...ownBindings(cluster).map(({ metadata }) => `binding ${metadata.name} is left in ${cluster.name}`),
      ...(credential(cluster) === undefined ? [] : [`the Kubernetes Secret is left in ${cluster.name}`]),
    ]),
  ];
}

/** What holds where nothing was carried out. */
export function brokenIfTouched(lane: Lane, revisionBefore: number): string[] {
  const { revision } = releaseOf(lane.sandbox);
  const entra = (['group', 'application', 'servicePrincipal'] as const).flatMap((kind) =>
    made(lane.sandbox, kind),
  );
  return [
    ...(entra.length === 0 ? [] : ['something was made in Entra']),
    ...(lane.sandbox.clusters.flatMap(ownBindings).length === 0 ? [] : ['a binding was made']),
    ...(revision === revisionBefore ? [] : ['the release was changed']),
  ];
}

/** Audit chain, last card, no second card, no secret anywhere. */
export async function brokenRecords(
  lane: Lane,
  requestId: string,
  end: End,
  mostCards = 1,
): Promise<string[]> {
  const broken = await brokenCard(lane, requestId, end, mostCards);
  const chain = await lane.audit.verify();
  if (!chain.intact) broken.push(`audit entry ${chain.sequence}: ${chain.problem}`);
  return [...broken, ...(await lane.canaries.find()).map((place) => `a client secret is in: ${place}`)];
}

/** Whether the request's card shows how it ended, and there is no second one. */
export async function brokenCard(lane: Lane, requestId: string, end: End, mostCards = 1): Promise<string[]> {
  const broken: string[] = [];
  const shown = lane.until('the last card', async () => {
    const cards = await lane.cards(requestId);
    return cards.some(({ text = '' }) => LAST_WORDS[end].test(text)) ? true : undefined;
  });
  await shown.catch(() => broken.push('the last state is not shown'));
  const cards = await lane.cards(requestId);
  if (cards.length < 1 || cards.length > mostCards) broken.push(`${cards.length} cards`);
  return broken;
}

/** Whether one of the cast was told this about a request directly, and once. */
export async function brokenMessage(
  lane: Lane,
  who: keyof typeof CAST,
  id: string,
  words: RegExp,
): Promise<string[]> {
  const read = async () => {
    const messages = await lane.sandbox.slack.control.directMessages(CAST[who].slackId);
    return messages.map((message) => JSON.stringify(message)).filter((text) => text.includes(id));
  };
  const told = lane.until('the message', async () => {
    const count = (await read()).filter((text) => words.test(text)).length;
    return count > 0 ? count : undefined;
  });
  const count = await told.catch(() => 0);
  return count === 1 ? [] : [`told ${count} times: ${words.source}`];
}

function groupsOf(lane: Lane, { spec, cluster }: RequestOf<'setup'>) {
  const groups = made(lane.sandbox, 'group');
  const ids = new Map<string, string>();
  const broken: string[] = [];
  for (const { level } of spec.levels) {
    const own = groups.filter(({ properties }) => properties['uniqueName'] === groupKey(cluster, level));
    if (own.length !== 1) broken.push(`${own.length} groups for ${level} on ${cluster}`);
    ids.set(level, own[0]?.id ?? '');
    if (level === 'admin' && own[0]?.members.size !== 2) broken.push('the members are not those asked for');
  }
  return { ids, broken };
}

/** Whether there is one usable client secret, and K10 has it. */
export function brokenCredential(lane: Lane, cluster: string): string[] {
  const broken: string[] = [];
  const keys = secretsOf(applicationOf(lane.sandbox, cluster)).map(({ keyId }) => ({ keyId: String(keyId) }));
  if (keys.length !== 1) broken.push(`${keys.length} client secrets for ${cluster}`);
  const stored = credential(clusterNamed(lane.sandbox, cluster));
  const text = Buffer.from(stored?.data['client-secret'] ?? '', 'base64').toString();
  if (lane.sandbox.entra.directory.secretTexts.get(keys[0]?.keyId ?? '')?.text !== text || text === '')
    broken.push('the Kubernetes Secret does not hold the secret that Entra takes');
  if (stored?.keyId !== keys[0]?.keyId) broken.push('the Kubernetes Secret names another key');
  return broken;
}

function brokenBindings(
  place: Place,
  request: RequestOf<'setup'>,
  ids: ReadonlyMap<string, string>,
): string[] {
  const wanted = request.spec.levels.flatMap(({ level, roles }) =>
    roles.map((role) => {
      const subject = prefixedGroup(request.spec.signIn.groupPrefix, ids.get(level) ?? '');
      const { name } = roleName(request.spec.release, role);
      return `${bindingName(level, { kind: K10_ROLES[role], name })} ${subject}`;
    }),
  );
  const there = ownBindings(place).map((binding) => {
    const subjects = (binding['subjects'] ?? []) as { name: string }[];
    return `${binding.metadata.name} ${subjects.map(({ name }) => name).join()}`;
  });
  return wanted.toSorted().join() === there.toSorted().join() ? [] : [`bindings are ${there.join('; ')}`];
}

/** What does not hold of a release that was upgraded once, to sign in through Entra. */
export function brokenRelease(place: Place, revisionBefore: number): string[] {
  const { revision, status, values } = releaseOf(place);
  const auth = values['auth'] as { oidcAuth?: { enabled?: boolean; clientSecretName?: string } } | undefined;
  const broken: string[] = [];
  if (revision !== revisionBefore + 1) broken.push(`${revision - revisionBefore} new Helm revisions`);
  if (status !== 'deployed') broken.push(`the release is ${status}`);
  if (auth?.oidcAuth?.enabled !== true) broken.push('sign-in is not enabled in the values');
  return broken;
}

function ownBindings({ kubernetes }: Place) {
  return OWN_BINDINGS.flatMap((resource) => kubernetes.store.list(resource)).filter(({ metadata }) =>
    metadata.name.startsWith('kastellan-'),
  );
}

function credential({ kubernetes }: Place) {
  const secret = kubernetes.store.get('secrets', 'kasten-io', 'kastellan-k10-oidc');
  if (secret === undefined) return undefined;
  return {
    data: secret['data'] as Record<string, string>,
    keyId: secret.metadata.annotations?.['kastellan.dev/key-id'],
  };
}
