import { MOST_IN_BATCH } from '../requests/batch.ts';
import type { Policy } from '../requests/rules.ts';
import type { ClusterSetup } from './setup.ts';
import { type FieldProblem, isObjectId, proposedForm, readSetupForm, type SetupForm } from './setup-form.ts';

/** Stands for the name of each cluster where a form is filled in for several. */
export const EACH_CLUSTER = '{cluster}';

/** One form as it was filled in for one cluster or for several. */
export interface SetupInput {
  readonly clusters: readonly string[];
  /** Of several, its cluster is `EACH_CLUSTER` and it has no address. */
  readonly form: SetupForm;
  /** Where each of several has its dashboard, as configured or found; one whose address nobody knows is missing. */
  readonly addresses: ReadonlyMap<string, string>;
}

export type InputReading =
  | { readonly ok: true; readonly setups: readonly ClusterSetup[] }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** The cluster that a form for these is about. */
export function formCluster(clusters: readonly string[]): string {
  const [first = '', second] = clusters;
  return second === undefined ? first : EACH_CLUSTER;
}

/**
 * The form as the configuration and what is known of the clusters would fill it in.
 * @param origins at which dashboards were found, by cluster
 */
export function proposedInput(
  rules: Policy,
  clusters: readonly string[],
  origins: ReadonlyMap<string, readonly string[]>,
): SetupInput {
  const known = clusters.map((name) => {
    const { dashboardUrl } = proposedForm(rules, name, origins.get(name) ?? []);
    return [name, dashboardUrl] as const;
  });
  const cluster = formCluster(clusters);
  return {
    clusters,
    form: proposedForm(rules, cluster, origins.get(cluster) ?? []),
    addresses: new Map(known.filter(([, address]) => address !== '')),
  };
}

/** Reads the form for each of its clusters, and finds every mistake that needs no look at the world, each once. */
export function readSetupInput(input: SetupInput, rules: Policy): InputReading {
  const { clusters, form, addresses } = input;
  if (clusters.length > MOST_IN_BATCH) {
    return {
      ok: false,
      problems: [{ field: 'cluster', message: `Choose ${MOST_IN_BATCH} clusters at most.` }],
    };
  }
  const several = clusters.length > 1;
  const read = clusters.map((cluster) => {
    const own = several ? formFor(form, cluster, addresses.get(cluster) ?? '') : form;
    return { cluster, reading: readSetupForm(own, rules) };
  });
  const setups = read.flatMap(({ cluster, reading }) =>
    reading.ok ? [{ cluster, spec: reading.spec }] : [],
  );
  const mistakes = read.map(({ cluster, reading }) => ({
    cluster,
    problems: reading.ok ? [] : reading.problems,
  }));
  const problems = several ? ofSeveral(form, mistakes) : mistakes.flatMap((one) => one.problems);
  return problems.length === 0 ? { ok: true, setups } : { ok: false, problems };
}

function formFor(form: SetupForm, cluster: string, dashboardUrl: string): SetupForm {
  const levels = form.levels.map((level) => ({
    ...level,
    group: level.group.replaceAll(EACH_CLUSTER, cluster),
  }));
  return { ...form, cluster, dashboardUrl, levels };
}

interface Mistakes {
  readonly cluster: string;
  readonly problems: readonly FieldProblem[];
}

// There is no field for the addresses of several; what else is wrong is so on all of them, and said once.
function ofSeveral(form: SetupForm, mistakes: readonly Mistakes[]): FieldProblem[] {
  const withoutDashboardUrl = mistakes.filter(({ problems }) =>
    problems.some(({ field }) => field === 'dashboardUrl'),
  );
  const names = withoutDashboardUrl.map(({ cluster }) => cluster).join(', ');
  const address = {
    field: 'cluster',
    message: `The address of the dashboard is not known: ${names}. Set dashboardUrl in kastellan.yaml, or set up such a cluster by itself.`,
  };
  const others = mistakes.flatMap(({ problems }) => problems).filter(({ field }) => field !== 'dashboardUrl');
  const all = [...(withoutDashboardUrl.length === 0 ? [] : [address]), ...sharedNames(form), ...others];
  return [...new Map(all.map((problem) => [`${problem.field} ${problem.message}`, problem])).values()];
}

// New groups of the same name could not be told apart in Entra.
function sharedNames({ levels }: SetupForm): FieldProblem[] {
  return levels
    .filter(({ group }) => group.trim() !== '' && !group.includes(EACH_CLUSTER) && !isObjectId(group))
    .map(({ level }) => ({
      field: `group:${level}`,
      message: `Put ${EACH_CLUSTER} into the name of new groups, or give the object ID of an existing group, which all of them share.`,
    }));
}
