import type { Policy } from '../domain/requests/rules.ts';
import type { Clock } from './clock.ts';
import type { OpenCluster } from './cluster.ts';
import type { Directory } from './directory.ts';
import type { Leases } from './leases.ts';
import type { Limits } from './limits.ts';
import type { Names, Notifier, People, PersonalSeals } from './messenger.ts';
import type { WorkQueue } from './queue.ts';
import type { Replays } from './replays.ts';
import type { SignIn } from './sign-in.ts';
import type {
  AcceptedAdmins,
  AuditLog,
  BreakGlassStore,
  CredentialEndStore,
  DigestStore,
  Discoveries,
  GrantStore,
  JournalStore,
  PersonLinks,
  ReminderStore,
  RequestStore,
  Rosters,
  SignInFailureStore,
} from './stores.ts';
import type { Log, Telemetry } from './telemetry.ts';

/** Everything the operations and workflows are given. */
export interface World {
  readonly rules: Policy;
  readonly directory: Directory;
  readonly signIn: SignIn;
  readonly openCluster: OpenCluster;
  readonly people: People;
  readonly names: Names;
  readonly notifier: Notifier;
  readonly personalSeals: PersonalSeals;
  readonly replays: Replays;
  readonly limits: Limits;
  readonly requests: RequestStore;
  readonly grants: GrantStore;
  readonly breakGlass: BreakGlassStore;
  readonly links: PersonLinks;
  readonly rosters: Rosters;
  readonly acceptedAdmins: AcceptedAdmins;
  readonly reminders: ReminderStore;
  readonly credentialEnds: CredentialEndStore;
  readonly digests: DigestStore;
  readonly signInFailures: SignInFailureStore;
  readonly journal: JournalStore;
  readonly audit: AuditLog;
  readonly leases: Leases;
  readonly queue: WorkQueue;
  readonly discoveries: Discoveries;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** What it takes to store, change, show and wake a request of any kind. */
export type RequestPorts = Pick<
  World,
  | 'rules'
  | 'people'
  | 'notifier'
  | 'requests'
  | 'grants'
  | 'journal'
  | 'leases'
  | 'queue'
  | 'discoveries'
  | 'clock'
>;
