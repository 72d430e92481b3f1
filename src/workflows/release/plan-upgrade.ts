import { asKastellanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Change, Plan } from '../../domain/requests/plan.ts';
import type { OtherChangesRule } from '../../domain/requests/rules.ts';
import {
  asPlanned,
  generatedNotes,
  type OtherChange,
  otherChangesObstacle,
  otherChangesWarning,
} from '../../domain/setup/other-changes.ts';
import { rightsObstacles } from '../../domain/setup/rights-review.ts';
import type { Obstacle } from '../../domain/setup/setup.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { InstalledRelease, Releases } from '../../ports/releases.ts';
import { judgeUpgrade } from './judge-upgrade.ts';

/** What an upgrade that is planned would do besides what it is for. */
export interface UpgradeOutlook {
  readonly obstacles: readonly Obstacle[];
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

interface Systems {
  readonly releases: Pick<Releases, 'manifest' | 'render' | 'reviewRights'>;
  readonly cluster: Pick<Cluster, 'readObjects'>;
  readonly otherChanges: OtherChangesRule;
}

/** That of a plan which upgrades nothing. */
export const NO_OUTLOOK: UpgradeOutlook = { obstacles: [], changes: [], warnings: [], notes: [] };

/**
 * Judges an upgrade while it is planned. A chart that does not take the values is an obstacle like any other.
 * @throws KastellanError what a later try may mend
 */
export async function planUpgrade(
  { releases, cluster, otherChanges }: Systems,
  installed: Pick<InstalledRelease, 'chartVersion' | 'revision' | 'status'>,
  values: JsonObject,
  wanted: JsonObject,
): Promise<UpgradeOutlook> {
  // Helm renders nothing while another operation is pending; before it runs, the upgrade is judged again.
  if (installed.status.startsWith('pending-')) return NO_OUTLOOK;
  try {
    const upgrade = { installed, values, wanted, basedOn: installed.revision };
    const { others, comeOrGo } = await judgeUpgrade({ releases, cluster }, upgrade);
    const lacking = rightsObstacles(await releases.reviewRights(comeOrGo));
    return lacking.length > 0 ? { ...NO_OUTLOOK, obstacles: lacking } : outlook(others, otherChanges);
  } catch (thrown) {
    const { code, message, hint, retry } = asKastellanError(thrown);
    if (retry.when === 'later' || !code.startsWith('helm.')) throw thrown;
    return { ...NO_OUTLOOK, obstacles: [{ code, message, ...(hint !== undefined && { hint }) }] };
  }
}

function outlook(others: readonly OtherChange[], rule: OtherChangesRule): UpgradeOutlook {
  const foreign = others.filter(({ generated }) => !generated);
  if (foreign.length > 0 && rule === 'refuse')
    return { ...NO_OUTLOOK, obstacles: [otherChangesObstacle(foreign)] };
  const warnings = foreign.length === 0 ? [] : [otherChangesWarning(foreign)];
  return { obstacles: [], changes: asPlanned(foreign), warnings, notes: generatedNotes(others) };
}

/** The plan with what the upgrade in it would do besides. */
export function withOutlook(plan: Plan, { changes, warnings, notes }: UpgradeOutlook): Plan {
  return {
    ...plan,
    changes: [...plan.changes, ...changes],
    notes: [...plan.notes, ...notes],
    ...(warnings.length > 0 && { warnings: [...(plan.warnings ?? []), ...warnings] }),
  };
}

/** Whether carrying out a plan upgrades the release. */
export function isUpgrade({ changes, handOver }: Plan): boolean {
  return handOver === undefined && changes.some(({ id, sign }) => id === 'release' && sign !== '=');
}
