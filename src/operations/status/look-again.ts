import { asKastellanError } from '../../domain/errors.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { World } from '../../ports/world.ts';
import { remindOfExpiry } from '../secrets/remind-of-expiry.ts';

type Ports = Pick<
  World,
  | 'rules'
  | 'directory'
  | 'openCluster'
  | 'people'
  | 'notifier'
  | 'requests'
  | 'reminders'
  | 'credentialEnds'
  | 'digests'
  | 'clock'
  | 'log'
>;

const CREDENTIALS = ['secret', 'credential', 'application'];

/**
 * Looks at secrets again after a request that put in another one or took one away, tore sign-in down, or took that back:
 * reminders and metrics say so at once and not within the hour.
 */
export async function checkAgainAfter(world: Ports, requestId: string): Promise<void> {
  try {
    const request = await world.requests.find(requestId);
    const ended = request?.state === 'done' || request?.state === 'undone';
    if (!ended || !touchesSecret(request)) return;
    await remindOfExpiry(world);
  } catch (thrown) {
    const { code, message } = asKastellanError(thrown);
    world.log.warn({ requestId, code }, message);
  }
}

function touchesSecret({ kind, plan }: Request): boolean {
  const changes = plan?.changes ?? [];
  return kind === 'teardown' || changes.some(({ id, sign }) => sign !== '=' && CREDENTIALS.includes(id));
}
