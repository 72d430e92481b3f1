import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Purpose } from '../../../src/domain/secrets/credentials.ts';
import { remindedOf } from '../../../src/domain/secrets/reminder.ts';
import { snoozeReminder } from '../../../src/operations/secrets/snooze-reminder.ts';
import type { World } from '../../../src/ports/world.ts';
import { memoryWorld, RULES } from '../../support/memory-world.ts';

const AT = '2026-11-23T10:00:00Z';
const ID = '0f3a9c21d77e';
const CLUSTER: Purpose = { of: 'cluster', cluster: 'prod-eu' };

let memory: ReturnType<typeof memoryWorld>;
let world: World;

beforeEach(() => {
  memory = memoryWorld({
    find: async () => undefined,
    membersOf: async (group) => (group === 'kasten-approvers' ? ['U0BEN'] : ['U0ROTATES']),
    findByEmail: async () => undefined,
  });
  world = { ...memory.world, rules: { ...RULES, operators: ['U0DAN'] }, clock: { now: () => new Date(AT) } };
});

async function snoozes(actor: string, purpose = CLUSTER, rules = world.rules) {
  const application = { objectId: 'o', clientId: 'c', name: 'kasten-service' };
  const endsAt = '2026-12-07T09:00:00Z';
  const credential = { keyId: 'k', kind: 'secret', name: null, hint: 'abc', startsAt: AT, endsAt } as const;
  const owners = [{ slackUserId: 'U0OWNER' }];
  const subject = { id: ID, application, purpose, credential, owners };
  memory.reminders.set(ID, remindedOf(undefined, subject, 14, AT));
  const input = { reminderId: ID, actor, until: '2026-12-01', reason: 'freeze' };
  const result = await snoozeReminder({ ...world, rules }, input);
  expect(memory.reminders.get(ID)?.snooze?.by).toBe(result.snoozed ? actor : undefined);
  return result;
}

describe("the reminder of a cluster's secret", () => {
  it.each(['U0BEN', 'U0DAN'])(
    'is put off by those who approve rotations, and by operators: %s',
    async (actor) => {
      expect(await snoozes(actor)).toMatchObject({ snoozed: true });
    },
  );

  it.each(['U0OWNER', 'U0ADA'])('is put off by no other person, which is written down: %s', async (actor) => {
    expect(await snoozes(actor)).toMatchObject({ snoozed: false, choice: { why: 'not-allowed' } });
    expect(memory.events.at(-1)).toMatchObject({
      action: 'click.refused',
      actor,
      detail: { verdict: 'snooze', why: 'not-allowed', reminder: ID },
    });
  });

  it('is put off by the approvers of rotations where those are others than of set-ups', async () => {
    const { setup } = RULES.approvals;
    const rotation = { ...setup, approvers: { userGroups: ['rotators'], users: [] } };
    const rules = { ...world.rules, approvals: { setup, rotation } };
    expect(await snoozes('U0ROTATES', CLUSTER, rules)).toMatchObject({ snoozed: true });
    expect(await snoozes('U0BEN', CLUSTER, rules)).toMatchObject({ snoozed: false });
  });
});

describe('the reminder of another credential', () => {
  it('is put off also by those whom it names as its owners', async () => {
    expect(await snoozes('U0OWNER', { of: 'other' })).toMatchObject({ snoozed: true });
    expect(await snoozes('U0BEN', { of: 'kastellan' })).toMatchObject({ snoozed: true });
    expect(await snoozes('U0ADA', { of: 'other' })).toMatchObject({ snoozed: false });
  });
});
