import { asKastellanError } from '../../domain/errors.ts';
import type { Finding } from '../../ports/finding.ts';
import type { World } from '../../ports/world.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { checkSignInApp } from '../../workflows/status/check-sign-in-app.ts';
import type { DoctorReport } from './status-report.ts';

// Fifty clusters at once would start fifty Helms.
const CONCURRENCY = 8;

export interface HealthCheck {
  readonly title: string;
  check(): Promise<readonly Finding[]>;
}

/** The doctor: looks at everything Kastellan depends on, some at a time, and gives each finding with its fix. */
export async function runHealthChecks(
  world: Pick<World, 'rules' | 'openCluster' | 'directory'>,
  own: readonly HealthCheck[],
): Promise<DoctorReport> {
  const clusters = world.rules.clusters.flatMap(({ name }): HealthCheck[] => [
    { title: `Cluster ${name}`, check: async () => world.openCluster(name).cluster.check() },
    { title: `Helm on ${name}`, check: async () => world.openCluster(name).releases.check() },
    { title: `Entra sign-in of ${name}`, check: () => checkSignInApp(world, name) },
  ]);
  const examinations = [...own, { title: 'Entra', check: () => world.directory.check() }, ...clusters];
  const sections = await forEachConcurrently(examinations, CONCURRENCY, async ({ title, check }) => ({
    title,
    findings: await check().catch(failedCheck),
  }));
  return { sections };
}

function failedCheck(thrown: unknown): Finding[] {
  const error = asKastellanError(thrown);
  const fix = error.hint ?? 'Mend this first; the other checks of this part come after it.';
  return [{ subject: 'can be looked at', verdict: 'bad', detail: error.message, fix }];
}
