import type { RequestOf } from '../../src/domain/requests/request.ts';

/** A request that waits for a decision, complete in every part a store has to keep. */
export function sampleRequest(changes: Partial<RequestOf<'setup'>> = {}): RequestOf<'setup'> {
  return {
    id: '7kq2mx9d',
    kind: 'setup',
    cluster: 'prod-eu',
    spec: {
      origin: 'https://kasten.example.com',
      release: 'k10',
      namespace: 'kasten-io',
      applicationName: 'kasten-service',
      levels: [
        { level: 'admin', roles: ['admin', 'ns-admin'], group: { newName: 'Kasten Users' }, members: ['U1'] },
      ],
      secretLifetimeDays: 180,
      signIn: {
        groupPrefix: 'kasten_azure_',
        usernamePrefix: 'kasten_azure_',
        usernameClaim: 'sub',
        groupClaim: 'groups',
        prompt: 'select_account',
        scopes: 'openid email',
        groupClaims: 'SecurityGroup',
      },
      providerUrl: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
    },
    state: 'pending',
    version: 1,
    asker: 'U1',
    createdAt: '2026-11-23T10:00:00.000Z',
    changedAt: '2026-11-23T10:00:05.000Z',
    plan: {
      changes: [
        {
          id: 'group:admin',
          sign: '+',
          system: 'entra',
          summary: 'group Kasten Users (1 member)',
          differences: [{ path: 'displayName', after: 'Kasten Users' }],
        },
      ],
      notes: ['K10 restarts'],
    },
    planDigest: '0123456789ab',
    decisions: [],
    staleDecisions: [],
    required: 1,
    reminders: 0,
    ...changes,
  };
}
