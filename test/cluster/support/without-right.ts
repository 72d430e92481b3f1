import { setTimeout as pause } from 'node:timers/promises';
import { SERVICE_ACCOUNT_USER } from '../../../sandbox/documented-rights.ts';
import { textOf } from '../../../sandbox/tour/slack-user.ts';
import type { World } from '../../../sandbox/world.ts';
import type { ConcreteRight } from '../../../src/adapters/kubernetes/rights.ts';
import { ADMIN_AND_NS_ADMIN } from '../../../src/config/schema.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { DONE, everythingOf, REFUSED, type Walk } from '../../support/walk.ts';
import { asksToTearDown, EVERYTHING, TORN_DOWN, tearsDown } from '../../support/walk-teardown.ts';
import { type Admin, openAdmin } from './admin.ts';

/** What came of a set-up or a tear-down for want of a right. */
export interface Outcome {
  readonly failed: 'the plan' | 'nothing';
  /** All that the card said of it. */
  readonly said: string;
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const CHECK_EVERY_MS = 20;
/** Where the walk's K10 is, and what may be bound. */
export const ADDRESS = { release: 'k10', namespace: 'kasten-io', levels: ADMIN_AND_NS_ADMIN };

/**
 * Takes rights from Kastellan's roles, and waits until the cluster knows.
 * @returns gives them again, and waits in the same way
 */
export async function takeRights(
  admin: Admin,
  rights: readonly ConcreteRight[],
): Promise<() => Promise<void>> {
  const given: (() => Promise<void>)[] = [];
  for (const [namespace, taken] of Map.groupBy(rights, (right) => right.namespace)) {
    const kind = namespace === undefined ? 'ClusterRole' : 'Role';
    const where = namespace === undefined ? {} : { namespace };
    const role = await admin.read(kind, 'kastellan', namespace);
    const rules = ((role?.['rules'] ?? []) as unknown as Rule[]).flatMap(single);
    const kept = rules.filter((rule) => !taken.some((right) => isRuleOf(rule, right)));
    if (kept.length !== rules.length - taken.length) throw new Error('A right is not granted just once');
    const write = (written: readonly Rule[]): Promise<void> =>
      admin.merge({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind,
        metadata: { name: 'kastellan', ...where },
        rules: structuredClone(written) as unknown as JsonObject[],
      });
    await write(kept);
    given.push(() => write(rules));
  }
  await known(admin, rights, false);
  return async () => {
    for (const give of given) await give();
    await known(admin, rights, true);
  };
}

/** An API server learns of changed roles a moment after they were written. */
async function known(admin: Admin, rights: readonly ConcreteRight[], allowed: boolean): Promise<void> {
  for (const right of rights) {
    while ((await admin.mayUser(SERVICE_ACCOUNT_USER, right)) !== allowed) await pause(CHECK_EVERY_MS);
  }
}

function single({ apiGroups = [], resources = [], resourceNames, verbs }: Rule): Rule[] {
  const named = resourceNames === undefined ? [{}] : resourceNames.map((name) => ({ resourceNames: [name] }));
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        named.map((names) => ({ apiGroups: [group], resources: [resource], verbs: [verb], ...names })),
      ),
    ),
  );
}

function isRuleOf(rule: Rule, { verb, group, resource, name }: ConcreteRight): boolean {
  const wanted = [verb, group, resource, name];
  return [rule.verbs[0], rule.apiGroups?.[0], rule.resources?.[0], rule.resourceNames?.[0]].every(
    (part, index) => part === wanted[index],
  );
}

/**
 * Asks for a set-up without the rights. One that gets a plan all the same is carried out and torn down, and the rights are
 * given back in any case.
 */
export async function outcomeWithout(walk: Walk<World>, rights: readonly ConcreteRight[]): Promise<Outcome> {
  const giveBack = await takeRights(openAdmin(walk.sandbox.clusters[0].kubeconfig), rights);
  try {
    const asked = await walk.gets(/Waits for|is not possible yet/, { addMe: ['admin'] });
    if (REFUSED.test(textOf(asked))) return { failed: 'the plan', said: everythingOf(asked) };
    await walk.approves(asked);
    const done = await walk.becomes(asked, DONE);
    await tearsDown(walk, TORN_DOWN, EVERYTHING);
    return { failed: 'nothing', said: everythingOf(done) };
  } finally {
    await giveBack();
  }
}

/** Asks on a cluster that is set up for everything to be torn down without the rights, and gives them back. */
export async function tearDownWithout(walk: Walk<World>, rights: readonly ConcreteRight[]): Promise<Outcome> {
  const giveBack = await takeRights(openAdmin(walk.sandbox.clusters[0].kubeconfig), rights);
  try {
    const card = await asksToTearDown(walk, REFUSED, EVERYTHING);
    return { failed: 'the plan', said: everythingOf(card) };
  } finally {
    await giveBack();
  }
}
