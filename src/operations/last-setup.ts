import type { SetupSpec } from '../domain/setup.ts';
import type { World } from '../ports.ts';

/** What the last set-up of a cluster that came to its end wanted; undefined for one that was never set up. */
export async function lastSetup(
  { requests }: Pick<World, 'requests'>,
  cluster: string,
): Promise<SetupSpec | undefined> {
  const [last] = await requests.list({ cluster, kind: 'setup', states: ['done'], limit: 1 });
  return last?.kind === 'setup' ? last.spec : undefined;
}
