import { describe, expect, it } from '@jest/globals';
import { CALENDAR, type RequestOf } from '../../../src/domain/requests/request.ts';
import type { ObservedRotation, RotationSpec } from '../../../src/domain/secrets/rotation.ts';
import { planRotation } from '../../../src/domain/secrets/rotation-plan.ts';
import { personalMessage } from '../../../src/slack/requests/personal.ts';
import { requestCard } from '../../../src/slack/requests/request-card.ts';
import { statusMessage } from '../../../src/slack/status/report-cards.ts';
import { applicationSettings } from '../../support/application-settings.ts';
import { PEOPLE, request, view } from '../../support/card-views.ts';
import { setupSpec } from '../../support/setup-samples.ts';

const AT = '2026-11-23T12:00:00.000Z';
const NOW = new Date('2026-11-23T12:01:40.000Z');
const WINDOW = { opens: '2026-12-08T08:00:00.000Z', closes: '2026-12-08T14:00:00.000Z' };
const SECRET = {
  keyId: '5b0f4c1e-0000-4000-8000-000000000001',
  displayName: 'kasten/prod-eu/1',
  hint: 'abc',
  endsAt: '2026-12-14T12:00:00.000Z',
};

function observed(changed: Partial<ObservedRotation> = {}): ObservedRotation {
  return {
    application: {
      objectId: 'o',
      clientId: 'c',
      settings: applicationSettings({ redirectUris: [], groupClaims: null }),
      secrets: [SECRET, { ...SECRET, keyId: 'somebody-elses', hint: 'xyz' }],
    },
    before: { clientId: 'c', keyId: SECRET.keyId, hasSecret: true },
    beforeIsKnown: true,
    byReference: true,
    chartVersion: '7.5.10',
    managedBy: undefined,
    readers: ['auth-svc', 'dashboardbff-svc'],
    deployments: ['auth-svc', 'dashboardbff-svc', 'gateway'],
    runningActions: 0,
    secretPolicy: { maxLifetimeDays: undefined },
    warnings: [],
    ...changed,
  };
}

const SPEC: RotationSpec = { setup: setupSpec() };
const planned = (changed: Partial<ObservedRotation> = {}) => planRotation(SPEC, observed(changed));
const summaries = (changed: Partial<ObservedRotation> = {}) =>
  planned(changed).changes.map(({ sign, summary }) => `${sign} ${summary}`);

function rotation(
  state: RequestOf<'rotation'>['state'],
  changed: Partial<Omit<RequestOf<'rotation'>, 'kind'>> = {},
): RequestOf<'rotation'> {
  const { kind: _kind, spec: _spec, plan: _plan, ...rest } = request('pending');
  return { ...rest, kind: 'rotation', state, spec: SPEC, plan: planned(), ...changed };
}

describe('the plan of a rotation', () => {
  it('names the new secret, the Secret, who restarts, and last the one that goes', () => {
    expect(summaries()).toEqual([
      '+ client secret of kasten-service valid 180 days',
      '~ Secret kasten-io/kastellan-k10-oidc gets the new secret',
      '~ restart of the Deployments that read it: auth-svc, dashboardbff-svc',
      '- client secret abc..., which would end 2026-12-14: last, when the new one is proved',
    ]);
  });

  it('cuts the lifetime to what the tenant allows, and says so', () => {
    expect(summaries({ secretPolicy: { maxLifetimeDays: 90 } })[0]).toBe(
      '+ client secret of kasten-service valid 90 days, the longest this tenant allows',
    );
  });

  it('upgrades the release where the chart takes the secret in its values only', () => {
    const plan = planned({ byReference: false, chartVersion: '4.5.9', runningActions: 2 });
    expect(plan.changes.map(({ id }) => id)).toEqual(['secret', 'credential', 'release', 'old-secret']);
    expect(plan.notes).toEqual([
      "All of K10's pods restart (3 Deployments): a few minutes without the dashboard; both secrets are good meanwhile. Running backups and restores: 2, which the restart can interrupt.",
    ]);
  });

  it('removes no secret that it does not know to be the one in use', () => {
    expect(summaries({ beforeIsKnown: false })).toHaveLength(3);
    expect(planned({ beforeIsKnown: false }).notes[0]).toMatch(/by hand.*removes none/);
    const gone = planned({ before: { clientId: 'c', keyId: 'gone', hasSecret: true } });
    expect(gone.changes).toHaveLength(3);
    expect(gone.notes[0]).toMatch(/gone from Entra already/);
  });
});

describe('the status', () => {
  it('has a button that asks for a rotation, just where a client secret is in use', () => {
    const status = {
      cluster: 'prod-eu',
      observed: true as const,
      setUp: true,
      signsInThroughEntra: true,
      dashboard: 'https://k10.example.com/k10/',
      chart: 'k10',
      chartVersion: '7.5.10',
      revision: 2,
      levels: [],
      drift: { changes: [], notes: [] },
      otherAdmins: { open: [], accepted: 0, unseen: [] },
      requests: [],
    };
    const secret = { hint: 'abc', endsAt: SECRET.endsAt };
    const [, withOne] = statusMessage([{ ...status, secret }]).blocks;
    const [, withNone] = statusMessage([status]).blocks;
    expect(withOne).toMatchObject({ accessory: { action_id: 'rotation.ask', value: 'prod-eu' } });
    expect(withNone).not.toHaveProperty('accessory');
  });
});

describe('the card of a rotation', () => {
  it('ends with who wanted it, until when the new secret is good, and what became of the old one', () => {
    const done = rotation('done', {
      startedAt: AT,
      endedAt: '2026-11-23T12:00:40.000Z',
      outcome: {
        proofs: [{ name: 'new secret accepted', holds: true, detail: '' }],
        lines: ['Done: New client secret'],
        secretEndsAt: '2027-05-22T00:00:00.000Z',
      },
    });
    const card = requestCard(view(done), NOW);
    expect(card.text).toMatch(
      /^The client secret on prod-eu was rotated\. Rotated <!date[^>]*> for <@U0ASKER> · new secret ends <!date[^>]*> · old one removed\./,
    );
    expect(card.text).toContain('*Proved just now:* new secret accepted');
  });

  it('says of one that the calendar announced when it begins, before and after the approval', () => {
    const spec = { ...SPEC, endsAt: SECRET.endsAt, window: WINDOW };
    const pending = requestCard(view(rotation('pending', { asker: CALENDAR, spec })), NOW);
    expect(pending.text).toMatch(/The calendar wants a new client secret.*The one in use ends <!date/);
    expect(pending.text).toMatch(/Once approved, it begins <!date\^1796716800\^/);
    expect(pending.text).not.toMatch(/but not by/);
    const approved = requestCard(view(rotation('approved', { asker: CALENDAR, spec })), NOW);
    expect(approved.text).toMatch(/Begins <!date\^1796716800\^/);
    const open = requestCard(view(rotation('approved', { asker: CALENDAR, spec })), new Date(WINDOW.opens));
    expect(open.text).toMatch(/Rotating the client secret on prod-eu/);
  });

  it('says who put it off, until when and why, in text that formats nothing', () => {
    const postponed = { until: '2026-12-10', reason: 'release <!channel>', by: PEOPLE.approver, at: AT };
    const spec = { ...SPEC, endsAt: SECRET.endsAt, window: WINDOW, postponed };
    const card = requestCard(view(rotation('withdrawn', { asker: CALENDAR, spec, endedAt: AT })), NOW);
    expect(card.text).toContain(
      `<@${PEOPLE.approver}> put it off until <!date^1796904000^{date_short_pretty}|2026-12-10>: "release &lt;!channel&gt;"`,
    );
  });

  it('says of one that was called off which tear-down left nothing to rotate, and tells who had asked for it', () => {
    const spec = { ...SPEC, calledOffBy: 'teardwn1' };
    for (const asker of [CALENDAR, PEOPLE.asker]) {
      const called = view(rotation('withdrawn', { asker, spec, endedAt: AT }));
      const card = requestCard(called, NOW);
      expect(card.text).toMatch(/was called off\. .*prod-eu was torn down meanwhile \(request teardwn1\)/);
      expect(JSON.stringify(card.blocks)).not.toContain('"actions"');
    }
    const own = view(rotation('withdrawn', { asker: PEOPLE.asker, spec, endedAt: AT }));
    const told = personalMessage(own, { to: PEOPLE.asker, topic: 'withdrawn-3' });
    expect(told.text).toMatch(/was called off\. prod-eu was torn down/);
  });

  it('tells one that missed its window from one that stood back', () => {
    const spec = { ...SPEC, window: WINDOW };
    const missed = rotation('withdrawn', { asker: CALENDAR, spec, endedAt: WINDOW.closes });
    expect(requestCard(view(missed), NOW).text).toMatch(/missed its window/);
    const stood = rotation('withdrawn', { asker: CALENDAR, spec, endedAt: AT });
    expect(requestCard(view(stood), NOW).text).toMatch(/Somebody wants it now/);
  });

  it('says of a failed one when it is tried again, where the calendar does that', () => {
    const failure = { code: 'x', message: 'auth-svc did not become ready.', step: 'Proof', reference: 'r-1' };
    const spec = { ...SPEC, window: WINDOW };
    const card = requestCard(view(rotation('failed', { asker: CALENDAR, spec, failure, endedAt: AT })), NOW);
    expect(card.text).toMatch(/It is tried again by itself <!date\^1796716800\^/);
    const people = requestCard(view(rotation('failed', { failure, endedAt: AT })), NOW);
    expect(people.text).not.toMatch(/by itself/);
  });
});
