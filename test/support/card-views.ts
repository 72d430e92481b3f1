import type { StepRecord } from '../../src/domain/requests/journal.ts';
import type { Change, Plan } from '../../src/domain/requests/plan.ts';
import type { Request, RequestOf, RequestState } from '../../src/domain/requests/request.ts';
import type { RequestView } from '../../src/ports/messenger.ts';
export const PEOPLE = { asker: 'U0ASKER', approver: 'U0APPROVER' } as const;

export const STATES: readonly RequestState[] = [
  'planning',
  'refused',
  'pending',
  'denied',
  'withdrawn',
  'expired',
  'approved',
  'running',
  'done',
  'failed',
  'undoing',
  'undone',
  'needs-operator',
];

const AT = '2026-11-23T11:58:20.000Z';

/** A plan as a first set-up has it. */
export const PLAN: Plan = {
  changes: [
    change('group:admin', '+', 'entra', 'group Kasten Users (2 members)', [
      ['displayName', undefined, 'Kasten Users'],
    ]),
    change(
      'application',
      '+',
      'entra',
      'app kasten-service, redirect https://k10.example.com/k10/auth-svc/v0/oidc/redirect',
      [],
    ),
    change(
      'binding:admin:k10-admin',
      '+',
      'kubernetes',
      'ClusterRoleBinding for admin: Kasten Users -> k10-admin',
      [['subject', undefined, 'kasten_azure_1']],
    ),
    change('release', '~', 'helm', 'k10 7.5.10, stays at that version: auth (2 values), tokenAuth off', [
      ['auth.oidcAuth.enabled', undefined, 'true'],
      ['auth.tokenAuth.enabled', 'true', 'false'],
    ]),
  ],
  notes: ["Restarts all of K10's pods (12 Deployments): a few minutes without the dashboard."],
};

/** A request as a quiet day sees it. */
export function request(state: RequestState, patch: Partial<RequestOf<'setup'>> = {}): RequestOf<'setup'> {
  return {
    id: '8k2mq0ab',
    kind: 'setup',
    cluster: 'prod-eu',
    spec: {
      origin: 'https://k10.example.com',
      release: 'k10',
      namespace: 'kasten-io',
      applicationName: 'kasten-service',
      levels: [
        {
          level: 'admin',
          roles: ['admin', 'ns-admin'],
          group: { newName: 'Kasten Users' },
          members: [PEOPLE.asker],
        },
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
    state,
    version: 3,
    asker: PEOPLE.asker,
    createdAt: AT,
    changedAt: AT,
    expiresAt: '2026-11-24T09:12:00.000Z',
    plan: PLAN,
    planDigest: '3f2a91c0ffee',
    steps: [
      { name: 'group:admin', title: 'Group Kasten Users' },
      { name: 'release', title: 'Helm upgrade' },
      { name: 'rollout', title: 'K10 pods' },
    ],
    decisions: [],
    staleDecisions: [],
    required: 2,
    reminders: 0,
    ...patch,
  };
}

/** A view with nothing going on. */
export function view(request: Request, patch: Partial<RequestView> = {}): RequestView {
  return {
    request,
    journal: {},
    live: {},
    approvers: { userGroups: ['kasten-approvers'], users: [] },
    signIn: { address: 'https://k10.example.com/k10/' },
    ...patch,
  };
}

/** The record of a step that took two seconds. */
export function record(step: string, state: StepRecord['state'], note?: string): StepRecord {
  const ended = state === 'started' ? {} : { endedAt: '2026-11-23T11:58:22.000Z' };
  return {
    step,
    state,
    startedAt: AT,
    ...ended,
    ...(note !== undefined && { note }),
    memory: {},
    attempts: 1,
  };
}

/** A request that says the same text wherever a person or a remote system could have put it, `size` times over. */
export function hostileView(state: RequestState, text: string, size: number): RequestView {
  const names = Array.from({ length: size }, (_, index) => `s${index}`);
  const changes = names.map((name, index) =>
    change(name, '~', index % 3 === 0 ? 'helm' : index % 3 === 1 ? 'entra' : 'kubernetes', text, [
      [text, text, text],
      [text, undefined, text.repeat(20)],
    ]),
  );
  const base = request(state);
  const hostile = request(state, {
    cluster: text,
    spec: {
      ...base.spec,
      origin: 'https://k10.example.com',
      levels: names.map((level) => ({
        level: text || level,
        roles: [],
        group: { newName: text },
        members: [],
      })),
    },
    plan: { changes, notes: names.map(() => text), handOver: { keeper: text, values: text.repeat(50) } },
    steps: names.map((name) => ({ name, title: text })),
    startedAt: AT,
    endedAt: AT,
    decisions: [
      { by: PEOPLE.approver, verdict: 'approve', at: AT },
      { by: PEOPLE.approver, verdict: 'deny', at: AT, reason: text },
    ],
    staleDecisions: [{ by: PEOPLE.approver, verdict: 'approve', at: AT }],
    failure: { code: 'x', message: text, hint: text, step: text, reference: text },
    outcome: {
      proofs: names.map((name, index) => ({ name: text || name, holds: index % 2 === 0, detail: text })),
      lines: names.map(() => text),
      secretEndsAt: '2027-05-22T00:00:00Z',
    },
    leftovers: names.map(() => text),
  });
  const states = ['done', 'started', 'failed', 'undoing', 'undone', 'undo-failed'] as const;
  const journal = Object.fromEntries(
    names.slice(1).map((name, index) => [name, record(name, states[index % states.length] ?? 'done', text)]),
  );
  const live = Object.fromEntries(names.map((name) => [name, text]));
  return {
    request: hostile,
    journal,
    live,
    approvers: { userGroups: [text, 'S0KASTEN'], users: [PEOPLE.approver, text] },
    waitsFor: text,
  };
}

/** Requests like that for several clusters, each in another state. */
export function hostileBatch(state: RequestState, text: string, size: number): RequestView<'batch'> {
  const { request: one, ...about } = hostileView(state, text, Math.min(size, 20));
  const { plan: _plan, steps: _steps, ...common } = one as RequestOf<'setup'>;
  const parts = STATES.map((standing, index) => {
    const own = { ...(one as RequestOf<'setup'>), id: `part${index}`, state: standing, batch: common.id };
    return { request: own, journal: about.journal };
  });
  const spec = {
    parts: parts.map(({ request: { id, cluster, spec: wanted } }) => ({
      requestId: id,
      cluster,
      spec: wanted,
    })),
  };
  return {
    ...about,
    request: { ...common, kind: 'batch', cluster: `${parts.length} clusters`, spec },
    parts,
  };
}

function change(
  id: string,
  sign: Change['sign'],
  system: Change['system'],
  summary: string,
  differences: readonly (readonly [string, string | undefined, string])[],
): Change {
  return {
    id,
    sign,
    system,
    summary,
    differences: differences.map(([path, before, after]) => ({
      path,
      after,
      ...(before !== undefined && { before }),
    })),
  };
}
