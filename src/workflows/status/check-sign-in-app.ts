import type { EntraFinding } from '../../domain/setup/entra-finding.ts';
import { entraFindings, mustBeAssigned } from '../../domain/setup/entra-findings.ts';
import type { ObservedLevel, SetupSpec } from '../../domain/setup/setup.ts';
import { proposedForm, readSetupForm } from '../../domain/setup/setup-form.ts';
import type { Finding } from '../../ports/finding.ts';
import type { World } from '../../ports/world.ts';
import { findMadeGroup } from '../setup/find-made-group.ts';
import { observeSignInApp } from '../setup/observe-entra.ts';

const NOWHERE = 'https://unknown.invalid';

/**
 * Looks in Entra at what decides who signs in to Kasten on a cluster, as far as the configuration alone tells: groups that
 * were chosen by object ID are known to `/kasten status` only.
 */
export async function checkSignInApp(
  { rules, directory }: Pick<World, 'rules' | 'directory'>,
  cluster: string,
): Promise<Finding[]> {
  const { origin, ...spec } = configuredSetup(rules, cluster);
  const seen = await observeSignInApp(directory, cluster, spec);
  const { application, servicePrincipal, assigned, surroundings } = seen;
  const subject = `Sign-in app of ${cluster}`;
  if (application === undefined)
    return [{ subject, verdict: 'good', detail: 'There is none: /kasten setup makes it.' }];
  const found = await Promise.all(
    spec.levels.map(async (level) => ({
      level,
      seen: await observeGroup(directory, cluster, level, assigned),
    })),
  );
  const own = found.flatMap((one) => (one.seen === undefined ? [] : [{ ...one, seen: one.seen }]));
  const findings = entraFindings({
    spec: {
      ...spec,
      applicationName: application.settings.displayName,
      levels: own.map(({ level }) => level),
      ...(origin !== NOWHERE && { origin }),
    },
    observed: {
      application,
      servicePrincipal,
      surroundings,
      levels: Object.fromEntries(own.map((one) => [one.level.level, one.seen])),
      credential: undefined,
    },
    now: new Date(),
  });
  const isHalfSeen = mustBeAssigned(spec.signIn, servicePrincipal) && own.length < spec.levels.length;
  const all = [...findings.map(toFinding), ...(isHalfSeen ? [unseenGroups(subject, cluster)] : [])];
  if (all.length > 0) return all;
  return [{ subject, verdict: 'good', detail: 'Nothing in Entra keeps its people out or lets others in.' }];
}

function configuredSetup(rules: World['rules'], cluster: string): SetupSpec {
  const form = proposedForm(rules, cluster, []);
  const reading = readSetupForm(form.dashboardUrl === '' ? { ...form, dashboardUrl: NOWHERE } : form, rules);
  if (reading.ok) return reading.spec;
  throw new Error(reading.problems.map(({ message }) => message).join(' '));
}

async function observeGroup(
  directory: World['directory'],
  cluster: string,
  { level }: SetupSpec['levels'][number],
  assigned: readonly string[],
): Promise<ObservedLevel | undefined> {
  const group = await findMadeGroup(directory, cluster, level);
  if (group === undefined) return undefined;
  const { objectId, displayName } = group;
  const [members, unusual] = await Promise.all([
    directory.listMemberAccounts(objectId),
    directory.listUnusualMembers(objectId),
  ]);
  return {
    group: {
      objectId,
      displayName,
      members,
      adopted: [],
      sharedWith: [],
      ...(unusual !== undefined && { unusual }),
    },
    members: [],
    bindings: [],
    assigned: assigned.includes(objectId),
  };
}

function toFinding(finding: EntraFinding): Finding {
  const { subject, says, fix } = finding;
  return { subject, verdict: verdictOf(finding), detail: says, fix };
}

// What others put into the app may be wanted: only people know.
function verdictOf({ weight, planned, keepsOut }: EntraFinding): Finding['verdict'] {
  if (weight === 'notes') return 'good';
  return weight === 'stops' || planned !== undefined || keepsOut === true ? 'bad' : 'unknown';
}

function unseenGroups(subject: string, cluster: string): Finding {
  return {
    subject,
    verdict: 'unknown',
    detail: 'Only groups that are assigned get in, and not all groups of its levels can be seen from here.',
    fix: `Type /kasten status ${cluster}: it knows which groups were chosen.`,
  };
}
