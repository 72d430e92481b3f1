/** The people of the sandbox, each in Slack and in Entra. Their passwords open nothing but this sandbox. */
export interface CastMember {
  readonly slackId: string;
  readonly handle: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  /** Six digits; the sandbox's Entra shows them where an authenticator app would. */
  readonly mfaCode: string;
}

export const CAST = {
  asker: member('U0ADA', 'ada', 'Ada Asker', '314159'),
  approver: member('U0BEN', 'ben', 'Ben Approver', '271828'),
  secondApprover: member('U0CLEO', 'cleo', 'Cleo Approver', '161803'),
  outsider: member('U0DAN', 'dan', 'Dan Outsider', '141421'),
  onCall: member('U0EVE', 'eve', 'Eve Oncall', '173205'),
} as const;

export const CHANNELS = {
  approvals: 'C0APPROVALS',
  notifications: 'C0NOTICES',
  general: 'C0GENERAL',
} as const;

export const APPROVERS_HANDLE = 'kasten-approvers';

function member(slackId: string, handle: string, name: string, mfaCode: string): CastMember {
  return {
    slackId,
    handle,
    name,
    email: `${handle}@contoso.example`,
    password: `sandbox-${handle}`,
    mfaCode,
  };
}
