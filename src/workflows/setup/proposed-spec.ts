import type { SetupSpec } from '../../domain/setup/setup.ts';
import { proposedForm, readSetupForm } from '../../domain/setup/setup-form.ts';
import type { World } from '../../ports/world.ts';

/** What a set-up of this cluster would want if nothing in the form was changed. */
export async function proposedSpec(
  world: Pick<World, 'rules' | 'discoveries'>,
  cluster: string,
): Promise<SetupSpec> {
  const form = proposedForm(world.rules, cluster, await world.discoveries.find(cluster));
  const known = form.dashboardUrl === '' ? { ...form, dashboardUrl: 'https://unknown.invalid' } : form;
  const reading = readSetupForm(known, world.rules);
  if (reading.ok) return reading.spec;
  throw new Error(reading.problems.map(({ message }) => message).join(' '));
}
