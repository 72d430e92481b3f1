import type { World } from '../world.ts';
import type { ClusterEyes } from './cluster-eyes.ts';

/** What there is, a line each. */
export interface Surroundings {
  readonly entra: readonly string[];
  readonly cluster: readonly string[];
}

/** Looks at everything in the tenant, and everything around K10. */
export async function lookAround({ entra }: World, eyes: ClusterEyes): Promise<Surroundings> {
  const { entries, assignments } = entra.directory;
  const objects = [...entries.values()].map(
    ({ kind, id, properties }) => `${kind} ${properties['displayName']} ${id}`,
  );
  const assigned = assignments.map(
    ({ principalDisplayName, resourceDisplayName, id }) =>
      `assignment of ${principalDisplayName} to ${resourceDisplayName} ${id}`,
  );
  return { entra: [...objects, ...assigned].toSorted(), cluster: await eyes.objects() };
}

/** The lines of `after` and `before` that are not in both, with a sign each. */
export function differences(before: Surroundings, after: Surroundings): string[] {
  const [old, now] = [before, after].map(({ entra, cluster }) => [...entra, ...cluster]);
  return [
    ...(now ?? []).filter((line) => !old?.includes(line)).map((line) => `+ ${line}`),
    ...(old ?? []).filter((line) => !now?.includes(line)).map((line) => `- ${line}`),
  ];
}
