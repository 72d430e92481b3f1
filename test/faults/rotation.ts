import { CAST, CHANNELS } from '../../sandbox/cast.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { holdsNewSecret, keysIn, ownSecrets, secretInUse } from '../support/walk-secrets.ts';
import { brokenCredential, brokenRecords } from './invariants.ts';
import type { Lane } from './lane.ts';
import { releaseOf } from './seen.ts';

const SECRET = 'kastellan-k10-oidc';
const READERS = ['auth-svc', 'controllermanager-svc', 'dashboardbff-svc'];
const MARK = 'kastellan.dev/credential';
// Long enough for the permission to be gone before Kastellan would remove the old secret.
const SLOW_MS = 2_000;

/** Asks for a rotation; resolves once its plan can be decided on. */
export async function askForRotation(lane: Lane): Promise<string> {
  const id = await lane.newRequest('rotation', async () => {
    const { control } = lane.sandbox.slack;
    const asked = await control.runCommand(CAST.asker.slackId, CHANNELS.general, 'rotate prod-eu');
    if (asked.outcome !== 'acknowledged') throw new Error(`The command was ${asked.outcome}`);
  });
  await lane.untilState(id, ['pending']);
  await lane.cardWith(id, 'request.approve');
  return id;
}

/** A rotation that was carried out but for the last step: what people roll back. */
export async function failedRotation(lane: Lane): Promise<string> {
  const { knobs } = lane.sandbox.entra;
  const id = await askForRotation(lane);
  knobs.secretAcceptedAfterMs = SLOW_MS;
  await lane.press(id, 'request.approve');
  await lane.until('the new secret', () => (holdsNewSecret(lane.sandbox) ? true : undefined));
  knobs.revokedPermissions = ['Application.ReadWrite.OwnedBy'];
  await lane.untilState(id, ['failed'], 'pending');
  Object.assign(knobs, { revokedPermissions: [], secretAcceptedAfterMs: 0 });
  return id;
}

interface Before {
  readonly keys: readonly string[];
  readonly secret: string | undefined;
  readonly revision: number;
}

/** What a rotation must replace, or put back. */
export function lookBefore({ sandbox }: Lane): Before {
  return { keys: keysIn(sandbox), secret: secretInUse(sandbox), revision: releaseOf(sandbox).revision };
}

/** What does not hold after a rotation that came to its good end. */
export async function rotationBroken(lane: Lane, requestId: string, before: Before): Promise<string[]> {
  const keys = keysIn(lane.sandbox);
  return [
    ...(keys.some((key) => before.keys.includes(key)) ? ['the old secret is still in Entra'] : []),
    ...(secretInUse(lane.sandbox) === before.secret ? ['K10 has the old secret'] : []),
    ...unmarked(lane, keys[0]),
    ...(await always(lane, before)),
    ...(await brokenRecords(lane, requestId, 'rotated')),
  ];
}

/** What does not hold after a rotation that was rolled back. */
export async function rotationNotUndone(lane: Lane, requestId: string, before: Before): Promise<string[]> {
  return [
    ...(keysIn(lane.sandbox).join() === before.keys.join() ? [] : ['the secrets are not those of before']),
    ...(secretInUse(lane.sandbox) === before.secret ? [] : ['K10 does not have the old secret']),
    ...(await always(lane, before)),
    ...(await brokenRecords(lane, requestId, 'undone')),
  ];
}

async function always(lane: Lane, { revision }: Before): Promise<string[]> {
  const { sandbox } = lane;
  const visit = await signIn(sandbox.dashboard, CAST.asker);
  const kept = ownSecrets(sandbox).filter((name) => name !== SECRET);
  return [
    ...brokenCredential(lane, 'prod-eu'),
    ...kept.map((name) => `the Kubernetes Secret ${name} is left`),
    ...(releaseOf(sandbox).revision === revision ? [] : ['the release was changed']),
    ...(visit.signedIn ? [] : ['nobody can sign in']),
  ];
}

function unmarked({ sandbox }: Lane, key: string | undefined): string[] {
  const marks = READERS.map((name) => {
    const template = sandbox.kubernetes.store.get('deployments.apps', 'kasten-io', name)?.['spec'];
    return JSON.stringify(template).includes(`"${MARK}":"${key}"`) ? [] : [`${name} was not restarted`];
  });
  return marks.flat();
}
