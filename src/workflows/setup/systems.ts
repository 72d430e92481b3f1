import type { Request } from '../../domain/requests/request.ts';
import type { AtEnd, OtherChangesRule } from '../../domain/requests/rules.ts';
import type { GroupUse } from '../../domain/setup/group-use.ts';
import type { SetupSpec } from '../../domain/setup/setup.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Directory, DirectoryGroup } from '../../ports/directory.ts';
import type { People } from '../../ports/messenger.ts';
import type { Releases } from '../../ports/releases.ts';
import type { SignIn } from '../../ports/sign-in.ts';
import type { GrantStore, PersonLinks, Rosters } from '../../ports/stores.ts';

/** What the steps of a set-up work on. */
interface SetupSystems {
  readonly directory: Directory;
  readonly signIn: SignIn;
  readonly people: People;
  readonly links: PersonLinks;
  readonly rosters: Rosters;
  readonly grants: Pick<GrantStore, 'live'>;
  readonly cluster: Cluster;
  readonly releases: Releases;
  readonly clock: Clock;
  /** Milliseconds that `helm upgrade` waits for K10. */
  readonly upgradeTimeout: number;
  /** Whether an upgrade may change, once approved, what is no part of the sign-in. */
  readonly otherChanges: OtherChangesRule;
}

/** One set-up: what is wanted, and where. */
export interface SetupJob {
  readonly request: Pick<Request, 'id' | 'cluster' | 'plan'>;
  readonly spec: SetupSpec;
  /** What is taken away when a grant of a level ends: the bindings of some rest while nobody was given access. */
  atEnd(level: string): AtEnd;
  /** Where else somebody gets in who is put into the group of a level for a time. */
  otherUses(level: string, group: DirectoryGroup): Promise<GroupUse[]>;
  /** Whether the group of a level may be shared with these. */
  mayShare(level: string, others: readonly GroupUse[]): boolean;
  /** Whether kastellan.yaml says where the dashboard is. */
  readonly hasConfiguredAddress?: boolean;
  /** What is wanted otherwise than the configuration has it; a plain sentence each. */
  readonly differences?: readonly string[];
  /** Of these, what a rotation does otherwise than the configuration has it. */
  readonly lifetimeDifferences?: readonly string[];
  readonly systems: SetupSystems;
}
