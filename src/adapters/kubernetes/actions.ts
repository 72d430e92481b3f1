import type { Connection } from './connection.ts';
import { listCustom, textAt } from './custom-objects.ts';
import { type Call, kubernetesError, statusCodeOf } from './errors.ts';

const PLURALS = ['backupactions', 'restoreactions', 'exportactions', 'runactions'] as const;
const UNDER_WAY = new Set(['Running', 'Pending']);

/** The API group of K10's actions, which a server of K10's own answers. */
const ACTIONS_GROUP = 'actions.kio.kasten.io';

/**
 * How many of K10's actions wait or run, in all namespaces. None when K10's API is not there or is down: what it would run is
 * down with it.
 * @throws KastellanError `kubernetes.forbidden`: not to know would be to disturb them
 * @see https://docs.kasten.io/latest/api/actions
 */
export async function countActions(connection: Connection): Promise<number> {
  const lists = await Promise.all(
    PLURALS.map((plural) =>
      listCustom(connection, { group: ACTIONS_GROUP, version: 'v1alpha1', plural }, undefined, ifServed),
    ),
  );
  return lists.flat().filter((action) => UNDER_WAY.has(textAt(action, 'status', 'state') ?? '')).length;
}

async function ifServed<Answer>(call: Call, send: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await send();
  } catch (thrown) {
    const code = statusCodeOf(thrown);
    if (code === 404 || code === 503) return undefined;
    throw kubernetesError(thrown, call);
  }
}
