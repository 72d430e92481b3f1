import type { KubeObject } from '../../../sandbox/kubernetes/objects.ts';
import { textOf } from '../../../sandbox/tour/slack-user.ts';
import type { Right } from '../../../src/adapters/kubernetes/rights.ts';
import { APPROVER, everythingOf, REFUSED, STOPPED, type Walk } from '../../support/walk.ts';

/** What came of a set-up, and of rolling it back, for want of a right. */
export interface Outcome {
  /** `the plan`, the title of the step without its object, `roll back`, or `nothing`. */
  readonly failed: string;
  /** All that the card said of it. */
  readonly said: string;
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const ROLES = {
  cluster: ['clusterroles.rbac.authorization.k8s.io', ''],
  namespace: ['roles.rbac.authorization.k8s.io', 'kasten-io'],
} as const;

/** Takes a right from Kastellan's role; call what comes back to give it again. */
function takeRight({ sandbox }: Walk, right: Right): () => void {
  const { store } = sandbox.kubernetes;
  const [resource, namespace] = ROLES[right.scope];
  const role = store.get(resource, namespace, 'kastellan') as KubeObject;
  const rules = (role['rules'] as Rule[]).flatMap(single);
  const kept = rules.filter((rule) => !isRuleOf(rule, right));
  if (kept.length !== rules.length - 1)
    throw new Error(`${right.verb} ${right.resource} is not granted once`);
  store.put(resource, { ...role, rules: structuredClone(kept) as never });
  return () => void store.put(resource, role);
}

function single({ apiGroups = [], resources = [], resourceNames, verbs }: Rule): Rule[] {
  const names = resourceNames === undefined ? {} : { resourceNames };
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.map((verb) => ({ apiGroups: [group], resources: [resource], verbs: [verb], ...names })),
    ),
  );
}

function isRuleOf(rule: Rule, { verb, group, resource, name }: Right): boolean {
  const wanted = [verb, group, resource, name?.replace('<release>', 'k10')];
  return [rule.verbs[0], rule.apiGroups?.[0], rule.resources?.[0], rule.resourceNames?.[0]].every(
    (part, index) => part === wanted[index],
  );
}

/**
 * Asks for a set-up without the rights, has it approved, and rolls it back; one that gets through all steps is stopped at
 * its proof, so that there is something to roll back. Afterwards rights and world are as before.
 */
export async function outcomeWithout(walk: Walk, rights: readonly Right[]): Promise<Outcome> {
  const proves = rights.some(({ resource }) => resource === 'subjectaccessreviews');
  const given = rights.map((right) => takeRight(walk, right)).toReversed();
  const giveBack = () => {
    for (const give of given) give();
  };
  const calm = proves ? () => undefined : stopAtProof(walk);
  try {
    const asked = await walk.gets(/Waits for|is not possible yet/, { addMe: ['admin'] });
    if (REFUSED.test(textOf(asked))) return { failed: 'the plan', said: everythingOf(asked) };
    await walk.approves(asked);
    const stopped = await walk.becomes(asked, STOPPED);
    await walk.presses(stopped, 'roll-back', APPROVER);
    const back = await walk.becomes(asked, /was rolled back|needs a person/);
    const isStuck = /needs a person/.test(textOf(back));
    giveBack();
    calm();
    if (isStuck) {
      await walk.presses(back, 'roll-back', APPROVER);
      await walk.becomes(asked, /was rolled back/);
    }
    const step = titleOf(textOf(stopped));
    if (step !== 'Proof' || proves) return { failed: step, said: everythingOf(stopped) };
    return { failed: isStuck ? 'roll back' : 'nothing', said: everythingOf(back) };
  } finally {
    giveBack();
    calm();
  }
}

function titleOf(text: string): string {
  const title = /stopped at "([^"]*)"/.exec(text)?.[1] ?? '';
  return title.replace(/ for .*$/, '').replace(/^(Kubernetes Secret) .*$/, '$1');
}

/** Entra's answers do not matter to it, nor rights in the cluster: the group is said to have no rights in K10. */
function stopAtProof({ sandbox }: Walk): () => void {
  return sandbox.kubernetes.faults.add({
    match: { path: '/subjectaccessreviews' },
    answer: { status: 422, body: { kind: 'Status', code: 422, message: 'stopped on purpose' } },
  });
}
