import type { V1Secret } from '@kubernetes/client-node';
import { KastellanError } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { ObservedCredential } from '../../domain/setup/setup.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Connection } from './connection.ts';
import { ask, type Call, find } from './errors.ts';
import { FIELD_MANAGER, isOurs, OWN_LABELS, SERVER_SIDE_APPLY } from './ownership.ts';

type Credentials = Pick<
  Cluster,
  'readCredential' | 'readClientSecret' | 'writeCredential' | 'copyCredential' | 'deleteCredential'
>;

const KEY_ID = 'kastellan.dev/key-id';
const ENDS_AT = 'kastellan.dev/ends-at';
// Exactly these, or K10's sign-in service does not start: https://docs.kasten.io/latest/access/authentication
const CLIENT_ID = 'client-id';
const CLIENT_SECRET = 'client-secret';

/**
 * The Kubernetes Secret that holds K10's client ID and client secret.
 * Raises `kubernetes.secret-not-ours` rather than read or touch one of that name that somebody else made.
 * What it returns throws KastellanError `kubernetes.secret-missing`.
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
    { clientId, keyId, endsAt, secret }: Parameters<Cluster['writeCredential']>[1],
  ): Promise<void> {
    const present = await readOurs(name);
    const value = secret.reveal();
    const data = { [CLIENT_ID]: encode(clientId), [CLIENT_SECRET]: encode(value) };
    const annotations = { [KEY_ID]: keyId, [ENDS_AT]: endsAt };
    await apply(name, { annotations, data, secrets: [value], force: present !== undefined });
  }

  async function copyCredential(from: string, to: string): Promise<void> {
    const [source, present] = await Promise.all([readOurs(from), readOurs(to)]);
    if (source === undefined) throw missing(from, namespace);
    const { [KEY_ID]: keyId, [ENDS_AT]: endsAt } = source.metadata?.annotations ?? {};
    const annotations = {
      ...(keyId !== undefined && { [KEY_ID]: keyId }),
      ...(endsAt !== undefined && { [ENDS_AT]: endsAt }),
    };
    const value = decode(source, CLIENT_SECRET) ?? '';
    const data = { [CLIENT_ID]: source.data?.[CLIENT_ID] ?? '', [CLIENT_SECRET]: encode(value) };
    await apply(to, { annotations, data, secrets: [value], force: present !== undefined });
  }

  async function apply(name: string, content: Content): Promise<void> {
    const { annotations, data, secrets, force } = content;
    // `data`, not `stringData`: server-side apply would own the field that is sent, not the one that is stored.
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, labels: OWN_LABELS, annotations },
      type: 'Opaque',
      data,
    };
    await ask({ ...call('patch', name), secrets: [...secrets, ...secrets.map(encode)] }, () =>
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

  return { readCredential, readClientSecret, writeCredential, copyCredential, deleteCredential };
}

interface Content {
  readonly annotations: Readonly<Record<string, string>>;
  /** Base64. */
  readonly data: Readonly<Record<string, string>>;
  /** Values that no error may show. */
  readonly secrets: readonly string[];
  /** Takes fields over from others; false for one that is not there yet. */
  readonly force: boolean;
}

function missing(name: string, namespace: string): KastellanError {
  return new KastellanError({
    code: 'kubernetes.secret-missing',
    message: `The Kubernetes Secret ${name} is not there any more in ${namespace}.`,
    hint: 'Somebody deleted it meanwhile.',
  });
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decode(secret: V1Secret, key: string): string | undefined {
  const value = secret.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
}
