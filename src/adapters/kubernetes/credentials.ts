import type { V1Secret } from '@kubernetes/client-node';
import { KastellanError } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { ObservedCredential } from '../../domain/setup.ts';
import type { Cluster } from '../../ports.ts';
import type { Connection } from './connection.ts';
import { ask, type Call, find } from './errors.ts';
import { FIELD_MANAGER, isOurs, OWN_LABELS, SERVER_SIDE_APPLY } from './ownership.ts';

type Credentials = Pick<
  Cluster,
  'readCredential' | 'readClientSecret' | 'writeCredential' | 'deleteCredential'
>;

const KEY_ID = 'kastellan.dev/key-id';
const ENDS_AT = 'kastellan.dev/ends-at';
// Exactly these, or K10's sign-in service does not start: https://docs.kasten.io/latest/access/authentication
const CLIENT_ID = 'client-id';
const CLIENT_SECRET = 'client-secret';

/**
 * The Kubernetes Secret that holds K10's client ID and client secret.
 * Raises `kubernetes.secret-not-ours` rather than read or touch one of that name that somebody else made.
 */
export function createCredentials({ core }: Connection, namespace: string): Credentials {
  function call(verb: string, name: string): Call {
    return { verb, resource: 'secrets', namespace, name };
  }

  async function readOurs(name: string): Promise<V1Secret | undefined> {
    const found = await find(call('get', name), () => core.readNamespacedSecret({ name, namespace }));
    if (found === undefined || isOurs(found)) return found;
    throw new KastellanError({
      code: 'kubernetes.secret-not-ours',
      message: `There is a Secret "${name}" in ${namespace} that Kastellan did not make; it is left as it is.`,
      hint: 'Rename or delete that Secret, after looking who uses it.',
    });
  }

  async function readCredential(name: string): Promise<ObservedCredential | undefined> {
    const found = await readOurs(name);
    if (found === undefined) return undefined;
    return {
      clientId: decode(found, CLIENT_ID) ?? '',
      keyId: found.metadata?.annotations?.[KEY_ID],
      hasSecret: Boolean(found.data?.[CLIENT_SECRET]),
    };
  }

  async function readClientSecret(name: string): Promise<Secret | undefined> {
    const found = await readOurs(name);
    const value = found === undefined ? undefined : decode(found, CLIENT_SECRET);
    return value === undefined || value === '' ? undefined : new Secret(value);
  }

  async function writeCredential(
    name: string,
    credential: Parameters<Cluster['writeCredential']>[1],
  ): Promise<void> {
    const present = await readOurs(name);
    const value = credential.secret.reveal();
    // `data`, not `stringData`: server-side apply would own the field that is sent, not the one that is stored.
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace,
        labels: OWN_LABELS,
        annotations: { [KEY_ID]: credential.keyId, [ENDS_AT]: credential.endsAt },
      },
      type: 'Opaque',
      data: { [CLIENT_ID]: encode(credential.clientId), [CLIENT_SECRET]: encode(value) },
    };
    const force = present !== undefined;
    await ask({ ...call('patch', name), secrets: [value, encode(value)] }, () =>
      core.patchNamespacedSecret(
        { name, namespace, body, fieldManager: FIELD_MANAGER, force },
        SERVER_SIDE_APPLY,
      ),
    );
  }

  async function deleteCredential(name: string): Promise<void> {
    const present = await readOurs(name);
    if (present === undefined) return;
    const uid = present.metadata?.uid;
    const body = uid === undefined ? {} : { preconditions: { uid } };
    await find<unknown>(call('delete', name), () => core.deleteNamespacedSecret({ name, namespace, body }));
  }

  return { readCredential, readClientSecret, writeCredential, deleteCredential };
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decode(secret: V1Secret, key: string): string | undefined {
  const value = secret.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
}
