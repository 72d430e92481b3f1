import { asKastellanError } from '../../domain/errors.ts';
import type { Finding, World } from '../../ports.ts';
import { inTurns } from '../requests/in-turns.ts';
import { checkSignInApp } from './check-sign-in-app.ts';
import type { DoctorReport } from './status-report.ts';

// Fifty clusters at once would start fifty Helms.
const AT_ONCE = 8;

export interface Examination {
  readonly title: string;
  look(): Promise<readonly Finding[]>;
}

/** The doctor: looks at everything Kastellan depends on, some at a time, and gives each finding with its fix. */
export async function examine(
  world: Pick<World, 'rules' | 'openCluster' | 'directory'>,
  own: readonly Examination[],
): Promise<DoctorReport> {
  const clusters = world.rules.clusters.flatMap(({ name }): Examination[] => [
    { title: `Cluster ${name}`, look: async () => world.openCluster(name).cluster.check() },
    { title: `Helm on ${name}`, look: async () => world.openCluster(name).releases.check() },
    { title: `Entra sign-in of ${name}`, look: () => checkSignInApp(world, name) },
  ]);
  const examinations = [...own, { title: 'Entra', look: () => world.directory.check() }, ...clusters];
  const sections = await inTurns(examinations, AT_ONCE, async ({ title, look }) => ({
    title,
    findings: await look().catch(failedLook),
  }));
  return { sections };
}

function failedLook(thrown: unknown): Finding[] {
  const error = asKastellanError(thrown);
  const fix = error.hint ?? 'Mend this first; the other checks of this part come after it.';
  return [{ subject: 'can be looked at', verdict: 'bad', detail: error.message, fix }];
}
