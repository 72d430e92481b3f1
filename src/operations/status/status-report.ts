import type { Plan } from '../../domain/requests/plan.ts';
import type { RequestState } from '../../domain/requests/request.ts';
import type { GroupUse } from '../../domain/setup/group-use.ts';
import type { MfaAnswer } from '../../domain/status/mfa.ts';
import type { Finding } from '../../ports/finding.ts';
import type { MemberDriftReport } from '../../workflows/access/member-drift.ts';
import type { AdminPathView } from '../../workflows/status/admins-report.ts';

export interface OpenRequest {
  readonly id: string;
  readonly state: RequestState;
  /** Slack user id. */
  readonly asker: string;
}

/** `stops`: no set-up could be carried out; `unknown`: it could not be looked at. */
export interface Noticed {
  readonly weight: 'stops' | 'warns' | 'notes' | 'unknown';
  readonly says: string;
}

/** What `/kasten status` tells of one cluster; it holds no secret. */
export type ClusterStatus =
  | {
      readonly cluster: string;
      readonly observed: true;
      /** Whether a set-up through Kastellan stands. */
      readonly setUp: boolean;
      readonly signsInThroughEntra: boolean;
      /** Whether the tenant demands a second factor at this application; absent where there is none. */
      readonly mfa?: MfaAnswer;
      readonly dashboard: string;
      readonly chart: string;
      readonly chartVersion: string;
      readonly revision: number;
      readonly managedBy?: string;
      readonly levels: readonly {
        readonly level: string;
        readonly group?: {
          readonly name: string;
          readonly objectId: string;
          readonly members: number;
          /** Names of the first hundred; a worker of an earlier version tells none. */
          readonly memberNames?: readonly string[];
          /** Where else it lets people in who are put into it for a time. */
          readonly sharedWith: readonly GroupUse[];
        };
        readonly bindings: readonly { readonly role: string; readonly bound: boolean }[];
        /** Absent where everybody in the group is accounted for. */
        readonly memberDrift?: MemberDriftReport;
      }[];
      readonly secret?: { readonly hint: string | null; readonly endsAt: string };
      /** The plan that would restore the set-up; empty if nothing has changed. */
      readonly drift: Plan;
      /** What else people must know about sign-in, in whole sentences; worst first. */
      readonly noticed?: readonly Noticed[];
      /** Ways to administer this K10 that Kastellan did not make. */
      readonly otherAdmins: {
        /** What nobody has accepted. */
        readonly open: readonly AdminPathView[];
        /** How many operators accepted. */
        readonly accepted: number;
        /** What could not be seen of them, a sentence each. */
        readonly unseen: readonly string[];
      };
      readonly requests: readonly OpenRequest[];
    }
  | {
      readonly cluster: string;
      readonly observed: false;
      readonly problem: string;
      readonly hint?: string;
      /** Set where the cluster does not answer. ISO times. */
      readonly away?: { readonly since: string; readonly againAt: string };
      readonly requests: readonly OpenRequest[];
    };

export interface DoctorReport {
  readonly sections: readonly {
    readonly title: string;
    readonly findings: readonly Finding[];
  }[];
}
