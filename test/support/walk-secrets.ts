import { randomBytes, randomUUID } from 'node:crypto';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import type { Sandbox } from '../../sandbox/world.ts';
import type { Walk } from './walk.ts';
import { applicationOf, secretData, secretsOf } from './walk-state.ts';

const SECRET = 'kastellan-k10-oidc';
const DAY_MS = 86_400_000;

/** The key IDs of the client secrets that the cluster's application has in Entra. */
export function keysIn(sandbox: Sandbox): string[] {
  return secretsOf(applicationOf(sandbox)).map(({ keyId }) => String(keyId));
}

/** The client secret that K10 is given. */
export function secretInUse(sandbox: Sandbox): string | undefined {
  return secretData(sandbox, SECRET)['client-secret'];
}

/** The Kubernetes Secrets that Kastellan has made. */
export function ownSecrets({ kubernetes }: Sandbox): string[] {
  const all = kubernetes.store.list('secrets', 'kasten-io');
  return all.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('kastellan'));
}

/** Adds a client secret to the cluster's application, as a person does in the portal. */
export function addSecretByHand(sandbox: Sandbox): { keyId: string; text: string } {
  const application = applicationOf(sandbox);
  if (application === undefined) throw new Error('There is no application');
  const keyId = randomUUID();
  const text = `${randomBytes(3).toString('hex')}by-hand-${randomBytes(12).toString('hex')}`;
  const now = Date.now();
  const credential = {
    customKeyIdentifier: null,
    displayName: 'by hand',
    hint: text.slice(0, 3),
    keyId,
    secretText: null,
    startDateTime: new Date(now).toISOString(),
    endDateTime: new Date(now + 365 * DAY_MS).toISOString(),
  };
  application.properties = {
    ...application.properties,
    passwordCredentials: [...secretsOf(application), credential],
  };
  sandbox.entra.directory.secretTexts.set(keyId, { text, acceptedAt: 0 });
  return { keyId, text };
}

/** Entra accepts no new client secret until `acceptSecrets`. */
export const NEVER_ACCEPTED_MS = DAY_MS;

/**
 * Has a rotation carried out up to its last step: Kastellan may not remove the old secret from Entra any more.
 * @returns the card, which says so
 */
export async function stopsAtOldSecret(walk: Walk): Promise<SlackMessage> {
  const { knobs } = walk.sandbox.entra;
  const plan = await walk.rotates(/Waits for/);
  knobs.secretAcceptedAfterMs = NEVER_ACCEPTED_MS;
  await walk.approves(plan);
  await walk.until('the new secret', () => (holdsNewSecret(walk.sandbox) ? true : undefined));
  knobs.revokedPermissions = ['Application.ReadWrite.OwnedBy'];
  acceptSecrets(walk.sandbox);
  const stopped = await walk.becomes(plan, /stopped at "Old client secret"/);
  knobs.revokedPermissions = [];
  return stopped;
}

/** Whether the new secret of a rotation waits in the cluster: Kastellan has read it back from Entra by then. */
export function holdsNewSecret(sandbox: Sandbox): boolean {
  return ownSecrets(sandbox).includes(`${SECRET}-next`);
}

/** From now on Entra accepts every client secret at once, those that it let wait, too. */
export function acceptSecrets({ entra }: Sandbox): void {
  entra.knobs.secretAcceptedAfterMs = 0;
  for (const known of entra.directory.secretTexts.values()) known.acceptedAt = 0;
}

/** Removes a client secret of the cluster's application, as a person does in the portal. */
export function removeSecretByHand(sandbox: Sandbox, key: string): void {
  const application = applicationOf(sandbox);
  if (application === undefined) throw new Error('There is no application');
  application.properties = {
    ...application.properties,
    passwordCredentials: secretsOf(application).filter(({ keyId }) => keyId !== key),
  };
  sandbox.entra.directory.secretTexts.delete(key);
}

/** Writes another value into the Kubernetes Secret that K10 reads, as `kubectl edit` does. */
export function editSecretByHand({ kubernetes }: Sandbox, text: string): void {
  const object = kubernetes.store.get('secrets', 'kasten-io', SECRET);
  if (object === undefined) throw new Error('There is no Kubernetes Secret');
  const data = { ...(object['data'] as object), 'client-secret': Buffer.from(text).toString('base64') };
  kubernetes.store.put('secrets', { ...structuredClone(object), data });
}
