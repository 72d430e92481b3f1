import { isDeepStrictEqual } from 'node:util';
import { bindingName, groupKey, K10_ROLES, prefixedGroup, roleName } from '../../src/domain/naming.ts';
import type { RequestOf } from '../../src/domain/request.ts';
import type { Lane } from './lane.ts';
import { made, OWN_BINDINGS, releaseOf } from './seen.ts';

/** What a person reads on the card at the end. */
const LAST_WORDS = {
  done: /signs in through Entra/,
  rotated: /The client secret on .* was rotated/,
  tornDown: /no longer signs in/,
  undone: /was rolled back/,
  denied: /was denied/,
  failed: /stopped/,
} as const;

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
    ...brokenObjects(lane, request),
    ...brokenRelease(lane, revisionBefore),
    ...(await brokenRecords(lane, requestId, 'done', mostCards)),
  ];
}

/** What does not hold of all that a set-up makes, apart from the release. */
export function brokenObjects(lane: Lane, request: RequestOf<'setup'>): string[] {
  const groups = groupsOf(lane, request);
  return [...groups.broken, ...brokenApplication(lane), ...brokenBindings(lane, request, groups.ids)];
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
    ...ownBindings(lane).map(({ metadata }) => `binding ${metadata.name} is left`),
    ...(credential(lane) === undefined ? [] : ['the Kubernetes Secret is left']),
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
    ...(ownBindings(lane).length === 0 ? [] : ['a binding was made']),
    ...(revision === revisionBefore ? [] : ['the release was changed']),
  ];
}

/** Audit chain, last card, no second card, no secret anywhere. */
export async function brokenRecords(
  lane: Lane,
  requestId: string,
  end: keyof typeof LAST_WORDS,
  mostCards = 1,
): Promise<string[]> {
  const broken: string[] = [];
  const shown = lane.until('the last card', async () => {
    const cards = await lane.cards(requestId);
    return cards.some(({ text = '' }) => LAST_WORDS[end].test(text)) ? true : undefined;
  });
  await shown.catch(() => broken.push('the last state is not shown'));
  const cards = await lane.cards(requestId);
  if (cards.length < 1 || cards.length > mostCards) broken.push(`${cards.length} cards`);
  const chain = await lane.audit.verify();
  if (!chain.intact) broken.push(`audit entry ${chain.sequence}: ${chain.problem}`);
  return [...broken, ...(await lane.canaries.find()).map((place) => `a client secret is in: ${place}`)];
}

function groupsOf(lane: Lane, { spec, cluster }: RequestOf<'setup'>) {
  const groups = made(lane.sandbox, 'group');
  const ids = new Map<string, string>();
  const broken: string[] = [];
  for (const { level } of spec.levels) {
    const own = groups.filter(({ properties }) => properties['uniqueName'] === groupKey(cluster, level));
    if (own.length !== 1) broken.push(`${own.length} groups for ${level}`);
    ids.set(level, own[0]?.id ?? '');
    if (level === 'admin' && own[0]?.members.size !== 2) broken.push('the members are not those asked for');
  }
  if (groups.length !== spec.levels.length) broken.push(`${groups.length} groups in all`);
  return { ids, broken };
}

function brokenApplication(lane: Lane): string[] {
  const [applications, principals] = [
    made(lane.sandbox, 'application'),
    made(lane.sandbox, 'servicePrincipal'),
  ];
  const broken: string[] = [];
  if (applications.length !== 1) broken.push(`${applications.length} applications`);
  if (principals.length !== 1) broken.push(`${principals.length} enterprise applications`);
  return [...broken, ...brokenCredential(lane)];
}

/** Whether there is one usable client secret, and K10 has it. */
export function brokenCredential(lane: Lane): string[] {
  const broken: string[] = [];
  const [application] = made(lane.sandbox, 'application');
  const keys = (application?.properties['passwordCredentials'] ?? []) as { keyId: string }[];
  if (keys.length !== 1) broken.push(`${keys.length} client secrets`);
  const stored = credential(lane);
  const text = Buffer.from(stored?.data['client-secret'] ?? '', 'base64').toString();
  if (lane.sandbox.entra.directory.secretTexts.get(keys[0]?.keyId ?? '')?.text !== text || text === '')
    broken.push('the Kubernetes Secret does not hold the secret that Entra takes');
  if (stored?.keyId !== keys[0]?.keyId) broken.push('the Kubernetes Secret names another key');
  return broken;
}

function brokenBindings(lane: Lane, request: RequestOf<'setup'>, ids: ReadonlyMap<string, string>): string[] {
  const wanted = request.spec.levels.flatMap(({ level, roles }) =>
    roles.map((role) => {
      const subject = prefixedGroup(request.spec.signIn.groupPrefix, ids.get(level) ?? '');
      const { name } = roleName(request.spec.release, role);
      return `${bindingName(level, { kind: K10_ROLES[role], name })} ${subject}`;
    }),
  );
  const there = ownBindings(lane).map((binding) => {
    const subjects = (binding['subjects'] ?? []) as { name: string }[];
    return `${binding.metadata.name} ${subjects.map(({ name }) => name).join()}`;
  });
  return wanted.toSorted().join() === there.toSorted().join() ? [] : [`bindings are ${there.join('; ')}`];
}

function brokenRelease(lane: Lane, revisionBefore: number): string[] {
  const { revision, status, values } = releaseOf(lane.sandbox);
  const auth = values['auth'] as { oidcAuth?: { enabled?: boolean; clientSecretName?: string } } | undefined;
  const broken: string[] = [];
  if (revision !== revisionBefore + 1) broken.push(`${revision - revisionBefore} new Helm revisions`);
  if (status !== 'deployed') broken.push(`the release is ${status}`);
  if (auth?.oidcAuth?.enabled !== true) broken.push('sign-in is not enabled in the values');
  return broken;
}

function ownBindings(lane: Lane) {
  return OWN_BINDINGS.flatMap((resource) => lane.sandbox.kubernetes.store.list(resource)).filter(
    ({ metadata }) => metadata.name.startsWith('kastellan-'),
  );
}

function credential(lane: Lane) {
  const secret = lane.sandbox.kubernetes.store.get('secrets', 'kasten-io', 'kastellan-k10-oidc');
  if (secret === undefined) return undefined;
  return {
    data: secret['data'] as Record<string, string>,
    keyId: secret.metadata.annotations?.['kastellan.dev/key-id'],
  };
}
