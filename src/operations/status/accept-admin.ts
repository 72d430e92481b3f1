import type { Acceptance } from '../../ports/stores.ts';
import type { World } from '../../ports/world.ts';
import type { AdminPathView } from '../../workflows/status/admins-report.ts';

export type AcceptAdminResult =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly why: 'not-allowed' | 'gone' }
  | { readonly accepted: false; readonly why: 'accepted-before'; readonly acceptance: Acceptance };

type AcceptWorld = Pick<World, 'rules' | 'acceptedAdmins' | 'audit' | 'clock'>;

/**
 * An operator says that a way to administer K10 is known and stays; it is no drift any more. Nothing in the cluster changes.
 * @param actor Slack user id
 * @param pathId which way: of just this subject by just this binding and role
 * @param read finds it as it is now; undefined if it is not there any more
 */
export async function acceptAdmin(
  world: AcceptWorld,
  actor: string,
  cluster: string,
  pathId: string,
  read: () => Promise<AdminPathView | undefined>,
): Promise<AcceptAdminResult> {
  if (!world.rules.operators.includes(actor)) {
    const detail = { path: pathId, verdict: 'accept-admin', why: 'not-allowed' };
    await world.audit.append({ action: 'click.refused', actor, cluster, detail });
    return { accepted: false, why: 'not-allowed' };
  }
  const path = await read();
  if (path === undefined) return { accepted: false, why: 'gone' };
  const acceptance = { by: actor, at: world.clock.now().toISOString() };
  const detail = { path: pathId, who: path.who, via: path.via };
  const event = { action: 'admin.accepted', actor, cluster, detail };
  if ((await world.acceptedAdmins.accept(cluster, pathId, acceptance, event)) === 'replaced')
    return { accepted: true };
  const before = (await world.acceptedAdmins.find(cluster)).get(pathId);
  return { accepted: false, why: 'accepted-before', acceptance: before ?? acceptance };
}
