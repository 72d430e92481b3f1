import { z } from 'zod';
import type { AccessSpec } from '../../domain/access/access.ts';
import type { BreakGlassRecord, Shut, Taken } from '../../domain/access/break-glass.ts';
import type { Grant, GrantEnd, Removal, Review } from '../../domain/access/grant.ts';
import type { AuditEntry } from '../../domain/audit/audit.ts';
import type { Json } from '../../domain/json.ts';
import type { EntraAccount } from '../../domain/person.ts';
import type { BatchSpec } from '../../domain/requests/batch.ts';
import type { StepRecord } from '../../domain/requests/journal.ts';
import type { Change, Difference, NewMember, Plan } from '../../domain/requests/plan.ts';
import {
  type Decision,
  type Failure,
  type Outcome,
  type Proof,
  REQUEST_STATES,
  type Request,
  type RequestAccounts,
  type RequestKind,
  type RequestOf,
  type Revocation,
  type StepTitle,
} from '../../domain/requests/request.ts';
import type { CredentialEnds } from '../../domain/secrets/credential-ends.ts';
import type { Credential, Purpose } from '../../domain/secrets/credentials.ts';
import type { Snooze } from '../../domain/secrets/expiry.ts';
import type { Digest, DigestItem } from '../../domain/secrets/expiry-digest.ts';
import type {
  Closing,
  Reminder,
  ReminderCard,
  ReminderOwner,
  ReminderSubject,
  Successor,
} from '../../domain/secrets/reminder.ts';
import type { RotationSpec } from '../../domain/secrets/rotation.ts';
import type { RunWindow } from '../../domain/secrets/rotation-window.ts';
import type { AuthBefore } from '../../domain/setup/auth-before.ts';
import type { GroupUse } from '../../domain/setup/group-use.ts';
import { K10_ROLES, type K10Role, type ServedAt } from '../../domain/setup/naming.ts';
import type { LevelSpec, SetupSpec, SignInSettings } from '../../domain/setup/setup.ts';
import { REMOVABLES, type TeardownSpec } from '../../domain/teardown/teardown.ts';
import type { Acceptance } from '../../ports/stores.ts';
import { parseStored } from './stored.ts';

/** A schema for every key of a type, optional ones too, and for no other. */
type Shape<T> = { readonly [Key in keyof T]-?: z.ZodType<T[Key]> };

// The types on the left and each `satisfies` make the compiler say when the domain has changed and a schema has not. All
// objects are loose: what a newer Kastellan has added must survive being written back by an older one.

const json: z.ZodType<Json> = z.json();
const details: z.ZodType<{ readonly [key: string]: Json }> = z.record(z.string(), json);
const count = z.int().min(0);
const text = z.string();
const isoTime = z.iso.datetime({ offset: true });

const difference = z.looseObject({
  path: text,
  before: text.exactOptional(),
  after: text.exactOptional(),
} satisfies Shape<Difference>);

const account = z.looseObject({ objectId: text, name: text } satisfies Shape<EntraAccount>);

const newMembers: z.ZodType<readonly NewMember[]> = z.array(
  z.looseObject({
    objectId: text,
    name: text,
    level: text.exactOptional(),
    slackUserId: text.exactOptional(),
  } satisfies Shape<NewMember>),
);

const plan: z.ZodType<Plan> = z.looseObject({
  changes: z.array(
    z.looseObject({
      id: text,
      sign: z.enum(['+', '~', '-', '=']),
      system: z.enum(['entra', 'kubernetes', 'helm']),
      summary: text,
      differences: z.array(difference),
    } satisfies Shape<Change>),
  ),
  notes: z.array(text),
  details: z.array(text).exactOptional(),
  warnings: z.array(text).exactOptional(),
  newMembers: newMembers.exactOptional(),
  handOver: z
    .looseObject({ keeper: text, values: text } satisfies Shape<NonNullable<Plan['handOver']>>)
    .exactOptional(),
} satisfies Shape<Plan>);

const decision = z.looseObject({
  by: text,
  verdict: z.enum(['approve', 'deny']),
  at: isoTime,
  reason: text.exactOptional(),
  durationMs: count.exactOptional(),
  accounts: z.array(account).exactOptional(),
  lapsedAt: isoTime.exactOptional(),
} satisfies Shape<Decision>);

const failure = z.looseObject({
  code: text,
  message: text,
  hint: text.exactOptional(),
  step: text.exactOptional(),
  reference: text,
} satisfies Shape<Failure>);

const outcome = z.looseObject({
  proofs: z.array(z.looseObject({ name: text, holds: z.boolean(), detail: text } satisfies Shape<Proof>)),
  lines: z.array(text),
  secretEndsAt: isoTime.exactOptional(),
  firstSignIn: z
    .discriminatedUnion('state', [
      z.looseObject({ state: z.literal('waiting'), since: isoTime }),
      z.looseObject({ state: z.literal('seen'), at: isoTime, secondFactor: z.boolean() }),
      z.looseObject({ state: z.literal('not-seen'), until: isoTime }),
    ])
    .exactOptional(),
} satisfies Shape<Outcome>);

const group = z.union([z.looseObject({ newName: text }), z.looseObject({ existingId: text })]);

const setupSpec: z.ZodType<SetupSpec> = z.looseObject({
  origin: text,
  release: text,
  path: text.exactOptional(),
  namespace: text,
  applicationName: text,
  levels: z.array(
    z.looseObject({
      level: text,
      roles: z.array(z.enum(Object.keys(K10_ROLES) as [K10Role, ...K10Role[]])),
      group,
      members: z.array(text),
    } satisfies Shape<LevelSpec>),
  ),
  secretLifetimeDays: z.number().positive(),
  signIn: z.looseObject({
    groupPrefix: text,
    usernamePrefix: text,
    usernameClaim: text,
    groupClaim: text,
    prompt: text,
    scopes: text,
    groupClaims: z.enum(['SecurityGroup', 'ApplicationGroup']),
  } satisfies Shape<SignInSettings>),
  providerUrl: text,
} satisfies Shape<SetupSpec>);

const rotationSpec: z.ZodType<RotationSpec> = z.looseObject({
  setup: setupSpec,
  endsAt: isoTime.exactOptional(),
  window: z.looseObject({ opens: isoTime, closes: isoTime } satisfies Shape<RunWindow>).exactOptional(),
  postponed: z
    .looseObject({ until: z.iso.date(), reason: text, by: text, at: isoTime } satisfies Shape<
      NonNullable<RotationSpec['postponed']>
    >)
    .exactOptional(),
  calledOffBy: text.exactOptional(),
} satisfies Shape<RotationSpec>);
const accessSpec: z.ZodType<AccessSpec> = z.looseObject({
  level: text,
  beneficiary: text,
  durationMs: z.number().positive(),
  reason: text,
  prolongs: text.exactOptional(),
  breakGlass: z.boolean().exactOptional(),
} satisfies Shape<AccessSpec>);

const teardownSpec: z.ZodType<TeardownSpec> = z.looseObject({
  setup: setupSpec,
  setupId: text,
  levels: z.array(z.looseObject({ level: text, group } satisfies Shape<TeardownSpec['levels'][number]>)),
  remove: z.array(z.enum(REMOVABLES)),
  gone: z.literal(true).exactOptional(),
  before: z
    .looseObject({
      revision: count,
      oidcAuth: details.exactOptional(),
      withheld: z.array(text),
      modes: details,
      lists: details.exactOptional(),
    } satisfies Shape<AuthBefore>)
    .exactOptional(),
} satisfies Shape<TeardownSpec>);

const batchSpec: z.ZodType<BatchSpec> = z.looseObject({
  parts: z.array(
    z.looseObject({ requestId: text, cluster: text, spec: setupSpec } satisfies Shape<
      BatchSpec['parts'][number]
    >),
  ),
} satisfies Shape<BatchSpec>);

/** A request of one kind: the kind decides what its specification looks like. */
const requestOf = <Kind extends RequestKind, Spec extends z.ZodType>(kind: Kind, spec: Spec) =>
  z.looseObject({
    id: text,
    kind: z.literal(kind),
    cluster: text,
    batch: text.exactOptional(),
    spec,
    state: z.enum(REQUEST_STATES),
    version: count,
    asker: text,
    accounts: z
      .looseObject({
        asker: z.array(account),
        beneficiary: z.array(account),
      } satisfies Shape<RequestAccounts>)
      .exactOptional(),
    newMembers: newMembers.exactOptional(),
    createdAt: isoTime,
    changedAt: isoTime,
    expiresAt: isoTime.exactOptional(),
    startedAt: isoTime.exactOptional(),
    endedAt: isoTime.exactOptional(),
    plan: plan.exactOptional(),
    planDigest: text.exactOptional(),
    decisions: z.array(decision),
    staleDecisions: z.array(decision),
    steps: z.array(z.looseObject({ name: text, title: text } satisfies Shape<StepTitle>)).exactOptional(),
    required: count,
    failure: failure.exactOptional(),
    outcome: outcome.exactOptional(),
    revocation: z
      .looseObject({
        by: text,
        at: isoTime,
        reason: text,
        person: text.exactOptional(),
      } satisfies Shape<Revocation>)
      .exactOptional(),
    leftovers: z.array(text).exactOptional(),
    reminders: count,
    traceparent: text.exactOptional(),
    escalatedAt: isoTime.exactOptional(),
  } satisfies Shape<Omit<RequestOf<Kind>, 'spec'> & { spec: unknown }>);

const REQUESTS: { readonly [Kind in RequestKind]: z.ZodType<RequestOf<Kind>> } = {
  access: requestOf('access', accessSpec),
  batch: requestOf('batch', batchSpec),
  setup: requestOf('setup', setupSpec),
  rotation: requestOf('rotation', rotationSpec),
  teardown: requestOf('teardown', teardownSpec),
};
const requestKind = z.looseObject({ kind: z.enum(Object.keys(REQUESTS) as [RequestKind, ...RequestKind[]]) });

const stepRecordSchema: z.ZodType<StepRecord> = z.looseObject({
  step: text,
  state: z.enum(['started', 'done', 'failed', 'undoing', 'undone', 'undo-failed']),
  startedAt: isoTime,
  endedAt: isoTime.exactOptional(),
  note: text.exactOptional(),
  memory: details,
  attempts: count,
  problem: text.exactOptional(),
} satisfies Shape<StepRecord>);

const named = z.looseObject({ objectId: text, name: text } satisfies Shape<Grant['person']>);

const grantSchema: z.ZodType<Grant> = z.looseObject({
  id: text,
  version: count,
  state: z.enum(['granting', 'active', 'ending', 'ended']),
  cluster: text,
  level: text,
  beneficiary: text,
  asker: text,
  approvers: z.array(text),
  reason: text,
  breakGlass: z.boolean(),
  person: named,
  group: named,
  before: z.enum(['absent', 'present']),
  durationMs: z.number().positive(),
  prolongs: text.exactOptional(),
  heldUntil: isoTime.exactOptional(),
  createdAt: isoTime,
  grantedAt: isoTime.exactOptional(),
  endsAt: isoTime,
  endedAt: isoTime.exactOptional(),
  end: z
    .looseObject({
      why: z.enum(['expired', 'done', 'revoked', 'prolonged', 'rolled-back']),
      by: text,
      at: isoTime,
      reason: text.exactOptional(),
    } satisfies Shape<GrantEnd>)
    .exactOptional(),
  alsoOn: z.array(z.looseObject({ cluster: text, level: text } satisfies Shape<GroupUse>)).exactOptional(),
  dashboard: z
    .looseObject({ origin: text, release: text, path: text.exactOptional() } satisfies Shape<ServedAt>)
    .exactOptional(),
  removalBegunAt: isoTime.exactOptional(),
  removal: z
    .union([
      z.looseObject({ membership: z.enum(['removed', 'was-gone', 'account-gone', 'kept-from-before']) }),
      z.looseObject({
        membership: z.literal('kept-for-other'),
        for: text,
        elsewhere: z
          .looseObject({ cluster: text, level: text, until: isoTime } satisfies Shape<
            NonNullable<Extract<Removal, { for: string }>['elsewhere']>
          >)
          .exactOptional(),
      }),
    ])
    .exactOptional(),
  restorableUntil: isoTime.exactOptional(),
  cameBackAt: isoTime.exactOptional(),
  refusedAtOnce: z.boolean().exactOptional(),
  lateMs: count.exactOptional(),
  problem: text.exactOptional(),
  reviews: z
    .looseObject({
      required: count,
      given: z.array(
        z.looseObject({
          by: text,
          at: isoTime,
          verdict: z.enum(['right', 'wrong']),
          note: text,
          accounts: z.array(account).exactOptional(),
        } satisfies Shape<Review>),
      ),
      asked: count,
      askedAt: isoTime,
    } satisfies Shape<NonNullable<Grant['reviews']>>)
    .exactOptional(),
} satisfies Shape<Grant>);

export const auditEntrySchema: z.ZodType<AuditEntry> = z.looseObject({
  sequence: z.int().min(1),
  at: text,
  previous: text,
  keyId: text.exactOptional(),
  hash: text,
  action: text,
  actor: text,
  requestId: text.exactOptional(),
  cluster: text.exactOptional(),
  detail: details.exactOptional(),
} satisfies Shape<AuditEntry>);

const purpose: z.ZodType<Purpose> = z.discriminatedUnion('of', [
  z.looseObject({ of: z.literal('cluster'), cluster: text }),
  z.looseObject({ of: z.literal('kastellan') }),
  z.looseObject({ of: z.literal('other') }),
]);

const reminderOwner: z.ZodType<ReminderOwner> = z.union([
  z.looseObject({ slackUserId: text }),
  z.looseObject({ name: text }),
]);

const credentialKind = z.enum(['secret', 'certificate']);

const credential: z.ZodType<Credential> = z.looseObject({
  keyId: text,
  kind: credentialKind,
  name: text.nullable(),
  hint: text.nullable(),
  startsAt: isoTime,
  endsAt: isoTime,
} satisfies Shape<Credential>);

const credentialEnds: z.ZodType<CredentialEnds> = z.looseObject({
  seenAt: isoTime,
  count: z.looseObject({ cluster: z.int(), kastellan: z.int(), other: z.int() } satisfies Shape<
    CredentialEnds['count']
  >),
  soonest: z.array(
    z.looseObject({
      purpose,
      clientId: text,
      keyId: text,
      kind: credentialKind,
      endsAt: isoTime,
    } satisfies Shape<CredentialEnds['soonest'][number]>),
  ),
} satisfies Shape<CredentialEnds>);

/** @throws KastellanError `store.corrupt` */
export function parseCredentialEnds(stored: string): CredentialEnds {
  return parseStored(credentialEnds, stored, 'the ends of credentials');
}

const digest: z.ZodType<Digest> = z.looseObject({
  week: z.iso.date(),
  items: z.array(
    z.looseObject({
      about: z.enum(['unused', 'spare', 'long', 'unowned']),
      application: text,
      clientId: text,
      purpose,
      credential: credential.exactOptional(),
      inUseHint: text.exactOptional(),
      allowedDays: z.number().exactOptional(),
    } satisfies Shape<DigestItem>),
  ),
} satisfies Shape<Digest>);

/** @throws KastellanError `store.corrupt` */
export function parseDigest(stored: string, week: string): Digest {
  return parseStored(digest, stored, `the digest of ${week}`);
}

const successor: z.ZodType<Successor> = z.looseObject({
  hint: text.nullable(),
  endsAt: isoTime,
} satisfies Shape<Successor>);

const reminderSchema: z.ZodType<Reminder> = z.looseObject({
  id: text,
  application: z.looseObject({ objectId: text, clientId: text, name: text } satisfies Shape<
    ReminderSubject['application']
  >),
  purpose,
  credential,
  successor: successor.exactOptional(),
  owners: z.array(reminderOwner),
  version: z.int().min(1),
  cards: z.array(z.looseObject({ days: z.int(), version: z.int().min(1) } satisfies Shape<ReminderCard>)),
  changedAt: isoTime,
  snooze: z
    .looseObject({ until: z.iso.date(), reason: text, by: text, at: isoTime } satisfies Shape<Snooze>)
    .exactOptional(),
  closed: z
    .looseObject({
      at: isoTime,
      how: z.enum(['replaced', 'removed', 'unused', 'torn-down', 'gone']),
      successor: successor.exactOptional(),
      by: z
        .looseObject({ requestId: text, person: text } satisfies Shape<NonNullable<Closing['by']>>)
        .exactOptional(),
    } satisfies Shape<Closing>)
    .exactOptional(),
} satisfies Shape<Reminder>);

const acceptance: z.ZodType<Acceptance> = z.looseObject({
  by: text,
  at: isoTime,
} satisfies Shape<Acceptance>);

/** @throws KastellanError `store.corrupt` */
export function parseAcceptance(stored: string, cluster: string): Acceptance {
  return parseStored(acceptance, stored, `an accepted way to administer ${cluster}`);
}

const breakGlassRecord: z.ZodType<BreakGlassRecord> = z.looseObject({
  version: count,
  taken: z.array(z.looseObject({ requestId: text, cluster: text, at: isoTime } satisfies Shape<Taken>)),
  shut: z.looseObject({ by: text, at: isoTime, reason: text } satisfies Shape<Shut>).exactOptional(),
} satisfies Shape<BreakGlassRecord>);

/** @throws KastellanError `store.corrupt` */
export function parseBreakGlass(stored: string, person: string): BreakGlassRecord {
  return parseStored(breakGlassRecord, stored, `what ${person} took by break-glass`);
}

/** @throws KastellanError `store.corrupt` */
export function parseReminder(stored: string, id: string): Reminder {
  return parseStored(reminderSchema, stored, `reminder ${id}`);
}

/** @throws KastellanError `store.corrupt` */
export function parseRequest(stored: string, id: string): Request {
  const what = `request ${id}`;
  const schema: z.ZodType<Request> = REQUESTS[parseStored(requestKind, stored, what).kind];
  return parseStored(schema, stored, what);
}

/** @throws KastellanError `store.corrupt` */
export function parseStepRecord(stored: string, requestId: string, step: string): StepRecord {
  return parseStored(stepRecordSchema, stored, `step ${step} of request ${requestId}`);
}

/** @throws KastellanError `store.corrupt` */
export function parseGrant(stored: string, id: string): Grant {
  return parseStored(grantSchema, stored, `grant ${id}`);
}
