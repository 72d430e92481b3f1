import { APPROVERS_HANDLE, CAST, CHANNELS } from './cast.ts';
import type { EntraSeed } from './entra/seed.ts';
import { manifestApp } from './slack/app-manifest.ts';
import type { SlackOptions } from './slack/options.ts';

export const OWN_CLIENT_ID = 'a57e11a4-0000-4000-8000-000000000001';
export const OWN_SECRET = 'sandbox-own-client-secret';

/** What Kastellan's own identity may do: the least that set-up asks for. */
const OWN_PERMISSIONS = [
  'Application.ReadWrite.OwnedBy',
  'Group.Create',
  'GroupMember.ReadWrite.All',
  'User.Read.All',
  'Policy.Read.All',
  'AuditLog.Read.All',
];

/** The cast in Entra, and the application Kastellan runs as. */
export function tenant(): EntraSeed {
  return {
    people: Object.values(CAST).map(({ name, email, password, mfaCode }) => ({
      displayName: name,
      userPrincipalName: email,
      mail: email,
      password,
      mfaCode,
    })),
    applications: [
      {
        clientId: OWN_CLIENT_ID,
        displayName: 'Kastellan',
        secrets: [{ text: OWN_SECRET }],
        owners: [CAST.approver.email],
        permissions: [...OWN_PERMISSIONS],
      },
    ],
  };
}

/** The cast in Slack, with their channels and the group of approvers. */
export function workspace(mode: 'socket' | 'http'): SlackOptions {
  const everybody = Object.values(CAST).map(({ slackId }) => slackId);
  const app = 'U0KASTELLAN';
  return {
    people: Object.values(CAST).map(({ slackId, handle, name, email }) => ({
      id: slackId,
      name: handle,
      realName: name,
      email,
    })),
    channels: [
      { id: CHANNELS.approvals, name: 'kasten-approvals', members: [...everybody, app] },
      { id: CHANNELS.notifications, name: 'kasten-notices', members: [...everybody, app] },
      { id: CHANNELS.general, name: 'general', members: [...everybody, app] },
    ],
    userGroups: [
      {
        id: 'S0APPROVERS',
        handle: APPROVERS_HANDLE,
        members: [CAST.approver.slackId, CAST.secondApprover.slackId],
      },
    ],
    app: {
      name: 'Kastellan',
      mode,
      ...manifestApp(),
    },
  };
}
