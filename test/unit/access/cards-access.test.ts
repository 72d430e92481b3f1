import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { validateMessage, validateView } from '../../../sandbox/slack/block-kit/validate.ts';
import { planAccess } from '../../../src/domain/access/access-plan.ts';
import type { Grant } from '../../../src/domain/access/grant.ts';
import { approvedDuration } from '../../../src/domain/requests/policy.ts';
import type { RequestState } from '../../../src/domain/requests/request.ts';
import { existingMessage, grantsMessage, revokedMessage } from '../../../src/slack/access/access-answers.ts';
import { accessModal, fitBeneficiary, proposedAccess } from '../../../src/slack/access/access-modal.ts';
import type { SlackMessage } from '../../../src/slack/blocks/blocks.ts';
import { lessModal } from '../../../src/slack/requests/less-modal.ts';
import { personalMessage } from '../../../src/slack/requests/personal.ts';
import { requestCard } from '../../../src/slack/requests/request-card.ts';
import { homeView } from '../../../src/slack/status/home-view.ts';
import { accessRequest, accessView, endedGrant, FACTS, grant } from '../../support/access-views.ts';
import { askable } from '../../support/askable.ts';
import { PEOPLE, request, STATES } from '../../support/card-views.ts';
import { RULES } from '../../support/memory-world.ts';
import { BLANK, EDGES, nasty } from '../../support/nasty-text.ts';

const NOW = new Date('2026-11-23T14:10:00.000Z');
const HOUR_MS = 3_600_000;
const OTHER = 'U0OTHER';
const HELD = {
  code: 'access.held-already',
  message: 'Ada is in Kasten Users already.',
  hint: 'Sign in to Kasten.',
  reference: '4t7wq0ab-1',
};

describe('access that waits for a decision', () => {
  it('says all that whoever decides wants to know, aloud', () => {
    const card = requestCard(accessView(accessRequest('pending')), NOW);
    expect(card.text).toBe(
      [
        'Access to Kasten prod-eu: admin for 2 h.',
        '<@U0ASKER> needs *admin* on Kasten prod-eu for 2 h.',
        '"Restore shop-db from last night, ticket OPS-412"',
        '*Lets them do:* Everything in K10.',
        '*How long:* 2 h; approved at once, until <!date^1795450200^{date_short_pretty} {time}|2026-11-23 16:10 UTC>.',
        '*Holds now:* nothing.',
        '*Asked* for the first time in 30 days.',
        'Waits for 1 approval by members of @kasten-approvers, but not by <@U0ASKER>.',
        'It expires <!date^1795456800^{date_short_pretty} {time}|2026-11-23 18:00 UTC>.',
      ].join(' '),
    );
    expect(buttonsOf(card)).toEqual([
      ['Approve', '4t7wq0ab:3f2a91c0ffee'],
      ['Approve for less...', '4t7wq0ab:3f2a91c0ffee'],
      ['Deny...', '4t7wq0ab:3f2a91c0ffee'],
      ['Withdraw', '4t7wq0ab'],
    ]);
  });

  it('says for whom it is, what they hold and how often they asked', () => {
    const asked = accessRequest('pending');
    const forOther = { ...asked, spec: { ...asked.spec, beneficiary: OTHER, prolongs: 'x' } };
    const held = grant({ level: 'ns-admin', beneficiary: OTHER });
    const card = requestCard(
      accessView(forOther, { access: { ...FACTS, holds: [held], recentRequests: 4 } }),
      NOW,
    );
    expect(card.text).toContain('<@U0ASKER> asks for <@U0OTHER>, who needs *admin*');
    expect(card.text).toContain('It takes the place of what they hold there now, which ends earlier.');
    expect(card.text).toContain('*Holds now:* *ns-admin* on prod-eu until <!date^');
    expect(card.text).toContain('*Asked* 4 times in 30 days, this time included.');
    expect(card.text).toContain('but not by <@U0ASKER> or <@U0OTHER>');
  });

  it('says that a prolongation ends earlier than what they hold', () => {
    const asked = accessRequest('pending');
    const shorter = { ...asked, spec: { ...asked.spec, durationMs: 600_000, prolongs: 'held' } };
    const held = grant({ id: 'held', endsAt: '2026-11-23T20:00:00.000Z' });
    const card = requestCard(accessView(shorter, { access: { ...FACTS, holds: [held] } }), NOW);
    const words = 'It ends *earlier* than what they hold there now, which goes on until <!date^';
    expect(card.text).toContain(words);
    const by = { by: PEOPLE.approver, verdict: 'approve' as const, at: NOW.toISOString() };
    const longer = { ...shorter.spec, durationMs: 8 * HOUR_MS };
    const less = { ...shorter, spec: longer, decisions: [{ ...by, durationMs: HOUR_MS }], required: 2 };
    expect(requestCard(accessView(less, { access: { ...FACTS, holds: [held] } }), NOW).text).toContain(words);
  });

  it('says who approved it for less, and why, while more approvals are wanted', () => {
    const less = {
      by: PEOPLE.approver,
      verdict: 'approve' as const,
      at: NOW.toISOString(),
      reason: 'Enough for one pod',
    };
    const decisions = [{ ...less, durationMs: 3_600_000 }];
    const card = requestCard(accessView(accessRequest('pending', { decisions, required: 2 })), NOW);
    expect(card.text).toContain(`<@${PEOPLE.approver}> approved 1 h instead of 2 h:`);
    expect(card.text).toContain('Enough for one pod');
  });

  it('says the shortest of the times that were approved, by those whose approval still counts', () => {
    const by = (who: string, durationMs: number, reason: string, lapsedAt?: string) => ({
      by: who,
      verdict: 'approve' as const,
      at: NOW.toISOString(),
      durationMs,
      reason,
      ...(lapsedAt !== undefined && { lapsedAt }),
    });
    const decisions = [
      by('U0LEFT', 60_000, 'Z', NOW.toISOString()),
      by('U0BEN', HOUR_MS / 2, 'A'),
      by('U0CLEO', HOUR_MS, 'B'),
    ];
    const asked = accessRequest('pending', { decisions, required: 3 });
    const card = requestCard(accessView(asked), NOW);
    expect(card.text).toContain('<@U0BEN> approved 30 min instead of 2 h: "A"');
    expect(card.text).toContain('*How long:* 30 min; approved at once, until <!date^');
    expect(card.text).not.toMatch(/<@U0(CLEO|LEFT)> approved \d/);
    expect(approvedDuration(asked)).toBe(HOUR_MS / 2);
  });

  it('says where else a shared group lets them in', () => {
    const plan = planAccess(accessRequest('pending').spec, {
      person: { objectId: 'ada', name: 'Ada' },
      group: { objectId: 'group', displayName: 'Kasten Users' },
      alsoOn: [{ cluster: 'prod-us', level: 'admin' }],
      description: 'Everything in K10',
    });
    const card = requestCard(accessView(accessRequest('pending', { plan })), NOW);
    expect(card.text).toContain(
      '*Lets them in elsewhere, too:* admin on prod-us has the same group, until the last such grant ends.',
    );
  });

  it('can be approved for less than was asked only', () => {
    const view = lessModal(RULES, accessRequest('pending'), { id: '4t7wq0ab' });
    expect(validateView(view)).toEqual([]);
    const options = [...JSON.stringify(view.blocks).matchAll(/"value":"(\d+)"/g)].map(([, ms]) => Number(ms));
    expect(options.length).toBeGreaterThan(0);
    expect(Math.max(...options)).toBeLessThan(2 * HOUR_MS);
    const short = accessRequest('pending');
    const minute = lessModal(RULES, { ...short, spec: { ...short.spec, durationMs: 60_000 } }, { id: 'x' });
    expect(validateView(minute)).toEqual([]);
  });
});

describe('the Entra account that gets access', () => {
  const plan = planAccess(accessRequest('pending').spec, {
    person: { objectId: 'e-ada', name: 'Ada' },
    group: { objectId: 'group', displayName: 'Kasten Users' },
    alsoOn: [],
    description: 'Everything in K10',
  });
  const accounts = { asker: [], beneficiary: [{ objectId: 'e-ada', name: 'Ada' }] };
  const words = '*Entra account:* Ada, object ID `e-ada`.';

  it('is named where access is given without an approval, or nothing had to be given', () => {
    const given = grant({ state: 'active', approvers: [], person: { objectId: 'e-ada', name: 'Ada' } });
    expect(requestCard(accessView(accessRequest('done'), { grant: given }), NOW).text).toContain(words);
    expect(requestCard(accessView(accessRequest('done', { plan, accounts })), NOW).text).toContain(words);
  });

  it('is named in the home tab, beside the button that approves', () => {
    const request = accessRequest('pending', { plan, accounts });
    const overview = { decisions: [{ request, facts: FACTS }], reviews: [], grants: [], requests: [] };
    const home = homeView(
      { ...overview, clusters: { at: NOW.toISOString(), status: [] } },
      PEOPLE.approver,
      NOW,
    );
    expect(JSON.stringify(home.blocks)).toContain(words);
  });
});

describe('access that was given', () => {
  it('says until when, who approved it, and that Entra shows it', () => {
    const card = requestCard(accessView(accessRequest('done'), { grant: grant() }), NOW);
    expect(card.text).toContain('Access given: admin on Kasten prod-eu.');
    expect(card.text).toMatch(
      /<@U0ASKER> has \*admin\* on prod-eu for 2 h\. Granted until <!date\^1795449600[^>]*> · approved by <@U0APPROVER> · checked in Entra\./,
    );
    expect(buttonsOf(card)).toEqual([['Take back...', '4t7wq0ab']]);
  });

  it('says on the card and to the person for how much less it was approved, and why', () => {
    const less = {
      by: PEOPLE.approver,
      verdict: 'approve' as const,
      at: NOW.toISOString(),
      reason: 'Enough for one pod',
    };
    const request = accessRequest('done', { decisions: [{ ...less, durationMs: 3_600_000 }] });
    const given = accessView(request, { grant: grant({ durationMs: 3_600_000 }) });
    const words = `<@${PEOPLE.approver}> approved 1 h instead of 2 h: `;
    expect(requestCard(given, NOW).text).toContain(words);
    const told = personalMessage(given, { to: PEOPLE.asker, topic: 'grant-active' });
    expect(told.text).toContain(words);
    expect(told.text).toContain('Enough for one pod');
  });

  it('tells the person to sign in anew, and why', () => {
    const told = personalMessage(accessView(accessRequest('done'), { grant: grant() }), {
      to: PEOPLE.asker,
      topic: 'done-4',
      cardLink: 'https://slack.example/p1',
    });
    expect(told.text).toMatch(/^You have \*admin\* on prod-eu until <!date\^1795449600/);
    expect(told.text).toContain(
      'Sign out of Kasten and in again now:* Entra tells Kasten your groups only at sign-in.',
    );
    expect(buttonsOf(told).map(([text]) => text)).toEqual([
      'Sign in to Kasten',
      'Ask for more time',
      'I am done',
      'Show the card',
    ]);
  });

  it('has no sign-in button where the configuration has no address, and says so', () => {
    const signIn = { withheld: 'There is no sign-in button because kastellan.yaml has no dashboardUrl.' };
    const given = accessView(accessRequest('done'), { grant: grant(), signIn });
    const told = personalMessage(given, { to: PEOPLE.asker, topic: 'done-4' });
    expect(told.text).toContain(signIn.withheld);
    expect(buttonsOf(told).map(([text]) => text)).toEqual(['Ask for more time', 'I am done']);
  });

  it('is about to end: the person can ask for more or be done', () => {
    const told = personalMessage(accessView(accessRequest('done'), { grant: grant() }), {
      to: PEOPLE.asker,
      topic: 'grant-ends-soon',
    });
    expect(told.text).toMatch(/^Your access \*admin\* on prod-eu ends soon, <!date/);
    expect(buttonsOf(told).map(([text]) => text)).toContain('Ask for more time');
  });

  it('was taken without asking: everybody reads who, and that somebody has to look at it', () => {
    const reviews = { required: 2, given: [], asked: 0, askedAt: NOW.toISOString() };
    const glass = grant({ breakGlass: true, approvers: [], reviews });
    const card = requestCard(accessView(accessRequest('done'), { grant: glass }), NOW);
    expect(card.text).toContain('nobody was asked · checked in Entra');
    expect(card.text).toContain(
      '*Was this right?* 2 people still have to look and say so: members of @kasten-approvers.',
    );
    expect(JSON.stringify(card.blocks)).toContain('Break-glass. Access given');
    const told = personalMessage(accessView(accessRequest('done'), { grant: glass }), {
      to: PEOPLE.approver,
      topic: 'break-glass',
    });
    expect(told.text).toContain('<@U0ASKER> took *admin* on prod-eu without asking');
    expect(buttonsOf(told)).toEqual([['Look at it...', '4t7wq0ab']]);
    const asked = accessRequest('planning');
    const early = personalMessage(accessView({ ...asked, spec: { ...asked.spec, breakGlass: true } }), {
      to: PEOPLE.approver,
      topic: 'break-glass',
    });
    expect(early.text).toContain(
      '<@U0ASKER> takes *admin* on Kasten prod-eu without asking, for 2 h. "Restore',
    );
  });

  it('was not given: nobody is told to fix what is there, and whoever heard of it hears that nothing came of it', () => {
    const asked = accessRequest('refused', { failure: HELD });
    const glass = { ...asked, spec: { ...asked.spec, breakGlass: true } };
    const card = requestCard(accessView(glass), NOW);
    expect(card.text).toContain('Access as admin on prod-eu is not needed. Ada is in Kasten Users already.');
    expect(card.text).not.toContain('fixed');
    const tell = (to: string) => personalMessage(accessView(glass), { to, topic: 'refused-2' }).text;
    expect(tell(PEOPLE.asker)).toMatch(/^The access as admin on prod-eu is not needed\. Ada is in/);
    expect(tell(PEOPLE.approver)).toMatch(
      /^<@U0ASKER> wanted to take \*admin\* on prod-eu without asking, and was given nothing: "Restore.* Ada is in .* Nobody has to look at it\.$/,
    );
  });
});

describe('access that ended', () => {
  const ended = (patch: Partial<Grant> = {}): string =>
    requestCard(accessView(accessRequest('done'), { grant: endedGrant(patch) }), NOW).text;

  it('says when, that it was removed and checked, and how long an open session can last', () => {
    expect(ended()).toMatch(
      /Access ended <!date\^1795449603[^>]*> · removed from Kasten Users and checked in Entra\. No new sign-in gets these rights\. A Kasten session that is still open can last until <!date\^1795453203/,
    );
  });

  it('says honestly what became of the membership, who ended it and why, and how late it was', () => {
    const revoked = {
      why: 'revoked' as const,
      by: PEOPLE.approver,
      at: NOW.toISOString(),
      reason: 'left the team',
    };
    expect(ended({ end: revoked })).toMatch(/<@U0APPROVER> took it back <!date[^>]*>: "left the team"/);
    expect(ended({ removal: { membership: 'kept-from-before' } })).toContain(
      'they stay in Kasten Users, where they were before.',
    );
    expect(ended({ removal: { membership: 'kept-for-other', for: 'x' } })).not.toContain('session');
    expect(ended({ removal: { membership: 'was-gone' } })).toContain('somebody else had removed them');
    expect(ended({ lateMs: 2 * HOUR_MS })).toContain('checked in Entra, 2 h late.');
    expect(ended({ lateMs: 3_000 })).not.toContain('late');
    expect(ended({ refusedAtOnce: true })).toContain(
      'The cluster refuses from now on, in open Kasten sessions, too.',
    );
  });

  it('says that an account is deleted, and that access which came back with it was taken back', () => {
    const gone = { membership: 'account-gone' as const };
    expect(ended({ removal: gone, restorableUntil: '2026-12-23T16:00:03.000Z' })).toMatch(
      /their account is deleted in Entra, and out of Kasten Users with that; if it is restored by <!date\^1798041603[^>]*> and this comes back with it, it is taken back again\./,
    );
    expect(ended({ removal: gone })).toContain('their account had been deleted in Entra');
    const back = { cameBackAt: '2026-12-01T10:00:00.000Z', endedAt: '2026-12-01T10:00:02.000Z' };
    const words =
      /The account of Ada Asker was restored in Entra, and the access that had ended came back with it, as was seen <!date[^>]*>: taken back\./;
    expect(ended(back)).toMatch(words);
    expect(ended({ ...back, removal: { membership: 'kept-from-before' } })).not.toMatch(words);
    const view = accessView(accessRequest('done'), { grant: endedGrant(back) });
    for (const to of [PEOPLE.asker, PEOPLE.approver]) {
      const told = personalMessage(view, { to, topic: 'grant-came-back 2026-12-01T10:00:00.000Z' });
      expect(told.text).toMatch(words);
    }
    const ending = accessView(accessRequest('done'), { grant: grant({ ...back, state: 'ending' }) });
    expect(requestCard(ending, NOW).text).toContain('came back with it');
  });

  it('does not name a time for open sessions where K10 does not tell', () => {
    const { sessionMs: _unknown, ...unknown } = FACTS;
    const view = accessView(accessRequest('done'), { grant: endedGrant(), access: unknown });
    expect(requestCard(view, NOW).text).toContain('by default an hour');
  });

  it('says why it is not over yet where something stands in the way', () => {
    const stuck = grant({ state: 'ending', problem: 'Entra does not answer.' });
    const view = accessView(accessRequest('done'), { grant: stuck });
    expect(requestCard(view, NOW).text).toContain('It could not be taken back yet: Entra does not answer.');
    const told = personalMessage(view, { to: PEOPLE.approver, topic: 'grant-stuck' });
    expect(told.text).toContain('remove Ada Asker from Kasten Users in Entra by hand');
  });
});

describe('answers about access', () => {
  it('lists what runs, with what the reader can do', () => {
    const mine = grantsMessage([grant()], PEOPLE.asker, false, NOW);
    expect(mine.text).toMatch(
      /^Your access: 1 grant now\. <@U0ASKER>: \*admin\* on prod-eu, until <!date[^>]*>, 1 h 50 min left, approved by <@U0APPROVER>$/,
    );
    expect(buttonsOf(mine).map(([text]) => text)).toEqual(['Ask for more time', 'I am done']);
    expect(buttonsOf(grantsMessage([grant()], PEOPLE.approver, true, NOW))).toEqual([
      ['Revoke...', '4t7wq0ab'],
    ]);
    expect(grantsMessage([], PEOPLE.asker, false, NOW).text).toContain('You have no access');
    const many = Array.from({ length: 60 }, (_, index) => grant({ id: `${index}abcdef`, state: 'active' }));
    expect(validateMessage(grantsMessage(many, PEOPLE.approver, true, NOW))).toEqual([]);
    expect(grantsMessage(many, PEOPLE.approver, true, NOW).text).toContain('60 grants now');
  });

  it('shows what there is already, with a link', () => {
    const given = existingMessage({ grant: grant() }, 'https://slack.example/p1');
    expect(given.text).toContain('<@U0ASKER> has *admin* on prod-eu already, until');
    expect(buttonsOf(given).map(([text]) => text)).toEqual(['Show the card', 'Ask for more time']);
    expect(existingMessage({ request: accessRequest('pending') }, undefined).text).toContain(
      'Request 4t7wq0ab is waiting for a decision.',
    );
  });

  it('says to an operator what somebody loses, and that they are told why', () => {
    const nothing = {
      grants: [],
      cancelled: [],
      left: [],
      permanentOn: [],
      isShut: false,
      needsApproval: false,
      alsoOf: [],
    };
    expect(revokedMessage(OTHER, nothing, 'left').text).toBe(
      '<@U0OTHER> has no access through Kastellan now, and no open request.',
    );
    expect(revokedMessage(OTHER, { ...nothing, grants: [grant()] }, 'left the team').text).toBe(
      '<@U0OTHER> loses 1 grant: *admin* on prod-eu. The card says when Entra shows it. They are told that you revoked it: "left the team"',
    );
    const several = { ...nothing, grants: [grant(), grant({ id: 'x' })] };
    expect(revokedMessage(OTHER, several, 'left').text).toMatch(
      /^<@U0OTHER> loses 2 grants: \*admin\* on prod-eu\. Each card/,
    );
  });

  it('says to an operator which requests are cancelled and which are left, and that break-glass is shut', () => {
    const found = {
      grants: [],
      cancelled: [accessRequest('withdrawn')],
      left: [request('running')],
      permanentOn: [{ cluster: 'prod-us', level: 'admin' }],
      isShut: true,
      needsApproval: true,
      alsoOf: ['U0SECOND'],
      problem: 'Slack does not answer.',
    };
    const { text } = revokedMessage(OTHER, found, 'left');
    expect(text).toContain('This is also for <@U0SECOND>, who has the same Entra account.');
    expect(text).toContain('may be missing here: Slack does not answer. Type it again later.');
    expect(text).toContain('1 request cancelled: the access as admin on prod-eu (4t7wq0ab).');
    expect(text).toContain('1 request that others approved has begun and is left: the set-up');
    expect(text).toContain(
      '<@U0OTHER> is on the list of permanent members of *admin* on prod-us, and that stays: remove them from its group in Entra.',
    );
    const stays = revokedMessage(OTHER, { ...found, cancelled: [] }, 'left').text;
    expect(stays).toContain('<@U0OTHER> has no grant, and no request that could be cancelled.');
    expect(text).toContain(
      'Until an operator types `/kasten break-glass open` and their name, break-glass is shut and levels that need no approval need one.',
    );
  });
});

describe('the home tab', () => {
  const away = { cluster: 'prod-us', observed: false as const, problem: 'It does not answer.', requests: [] };
  const clusters = { at: NOW.toISOString(), status: [away] };

  it('begins with what waits for the reader, with the buttons there', () => {
    const home = homeView(
      {
        grants: [grant()],
        requests: [accessRequest('pending', { id: 'mine1234' })],
        decisions: [{ request: accessRequest('pending'), facts: FACTS }, { request: request('pending') }],
        reviews: [grant({ breakGlass: true })],
        clusters,
      },
      PEOPLE.asker,
      NOW,
    );
    expect(validateView(home)).toEqual([]);
    const headers = [...JSON.stringify(home.blocks).matchAll(/"type":"header".*?"text":"([^"]+)"/g)];
    expect(headers.map(([, text]) => text)).toEqual([
      'Waits for you',
      'Your access',
      'Your requests',
      'Clusters',
    ]);
    expect(buttonsOf(home).map(([text]) => text)).toEqual([
      ...['Approve', 'Approve for less...', 'Deny...'],
      ...['Approve', 'Deny...', 'Full diff'],
      'Look at it...',
      ...['Ask for more time', 'I am done', 'Ask for access'],
    ]);
    expect(JSON.stringify(home.blocks)).toContain('"text":"Withdraw"');
    expect(JSON.stringify(home.blocks)).toContain('prod-us could not be observed: It does not answer.');
  });

  it('offers to withdraw only what the reader asked for', () => {
    const asked = accessRequest('pending');
    const forMe = { ...asked, asker: PEOPLE.approver };
    const home = homeView({ grants: [], requests: [forMe], decisions: [], reviews: [] }, PEOPLE.asker, NOW);
    expect(JSON.stringify(home.blocks)).toContain('Your requests');
    expect(JSON.stringify(home.blocks)).not.toContain('Withdraw');
  });

  it('counts the access and the requests that it does not show', () => {
    const many = Array.from({ length: 13 }, (_, index) => `many${index}`);
    const home = homeView(
      {
        grants: many.map((id) => grant({ id })),
        requests: many.map((id) => accessRequest('failed', { id })),
        decisions: [],
        reviews: [],
      },
      PEOPLE.asker,
      NOW,
    );
    const text = JSON.stringify(home.blocks);
    expect(text).toContain('3 more that end later: `/kasten grants`');
    expect(text).toContain('3 more older ones: see the approvals channel');
    expect(text).toContain('Access as admin on prod-eu: stopped and waiting for somebody since');
  });

  it('is there for somebody for whom there is nothing', () => {
    const home = homeView({ grants: [], requests: [], decisions: [], reviews: [] }, PEOPLE.asker, NOW);
    expect(JSON.stringify(home.blocks)).toContain('You have no access through Kastellan now.');
    expect(JSON.stringify(home.blocks)).toContain('Looking at the clusters.');
    expect(validateView(home)).toEqual([]);
  });
});

describe('the access form', () => {
  it('proposes oneself, the first level and its shortest time, and says who approves', () => {
    const view = accessModal(RULES, proposedAccess(RULES, PEOPLE.asker, {}), {}, askable(RULES));
    expect(validateView(view)).toEqual([]);
    const shown = JSON.stringify(view.blocks);
    expect(shown).toContain('"initial_user":"U0ASKER"');
    expect(shown).toContain(
      'Everything in K10 · up to 8 h · needs 1 approval by members of @kasten-approvers',
    );
  });

  it('has what was said in the command, and what is wrong with it', () => {
    const wish = { level: 'admin', durationMs: 1.5 * HOUR_MS, reason: 'x', beneficiary: OTHER };
    const view = accessModal(RULES, proposedAccess(RULES, PEOPLE.asker, wish), {}, askable(RULES), [
      'There is no such cluster.',
    ]);
    const shown = JSON.stringify(view.blocks);
    expect(shown).toContain('There is no such cluster.');
    expect(shown).toContain('1 h 30 min');
    expect(shown).toContain('"initial_user":"U0OTHER"');
  });

  it('does not ask for whom it is where a person may ask for themselves only', () => {
    const form = proposedAccess(RULES, PEOPLE.asker, {});
    const view = accessModal(RULES, form, {}, askable(RULES, { onBehalf: false }));
    expect(JSON.stringify(view.blocks)).not.toContain('For whom');
  });

  it('proposes no person where one may ask for others only', () => {
    const others = askable(RULES, { forSelf: false });
    const form = fitBeneficiary(proposedAccess(RULES, PEOPLE.asker, {}), PEOPLE.asker, others);
    const view = accessModal(RULES, form, {}, others);
    expect(validateView(view)).toEqual([]);
    expect(JSON.stringify(view.blocks)).toContain('You may not ask for yourself.');
    expect(JSON.stringify(view.blocks)).not.toContain('initial_user');
  });

  it('offers only the levels that a person may ask for', () => {
    const mine = askable(RULES).filter(({ level }) => level === 'ns-admin');
    const form = proposedAccess(RULES, PEOPLE.asker, {}, ['ns-admin']);
    const shown = JSON.stringify(accessModal(RULES, form, {}, mine).blocks);
    expect(shown).toContain('"value":"ns-admin"');
    expect(shown).not.toContain('"value":"admin"');
  });
});

describe('whatever was typed', () => {
  const grantStates = ['granting', 'active', 'ending', 'ended'] as const;

  it('stays within what Slack takes and says only what Kastellan wrote', () => {
    fc.assert(
      fc.property(
        nasty,
        fc.constantFrom<RequestState>(...STATES),
        fc.constantFrom(...grantStates),
        fc.integer({ min: 0, max: 70 }),
        expectOwnWords,
      ),
      { numRuns: 40 },
    );
  });

  it.each(STATES)('can be shown while the request is %s, with nothing to read in it', (state) => {
    for (const text of BLANK)
      for (const grantState of grantStates)
        for (const size of [0, 1, 2]) expectOwnWords(text, state, grantState, size);
  });

  it.each(grantStates)('can be shown while the grant is %s, as long as Slack takes', (grantState) => {
    for (const text of EDGES) expectOwnWords(text, 'done', grantState, 1);
  });
});

function expectOwnWords(text: string, state: RequestState, grantState: Grant['state'], size: number): void {
  const given = endedGrant({
    state: grantState,
    cluster: text,
    level: text,
    reason: text,
    problem: text,
    person: { objectId: 'x', name: text },
    group: { objectId: 'x', name: text },
    end: { why: 'revoked', by: text, at: NOW.toISOString(), reason: text },
  });
  const asked = accessRequest(state, { cluster: text });
  const hostile = { ...asked, spec: { ...asked.spec, level: text, reason: text } };
  const holds = Array.from({ length: size }, () => given);
  const view = accessView(hostile, { grant: given, access: { ...FACTS, description: text, holds } });
  const waiting = Array.from({ length: size }, (_, index) => ({
    request: { ...hostile, id: `${index}abcdef` },
    facts: { ...FACTS, description: text },
  }));
  const grants = Array.from({ length: size }, (_, index) => ({ ...given, id: `${index}abcdef` }));
  const home = homeView(
    { grants, requests: waiting.map(({ request: mine }) => mine), decisions: waiting, reviews: grants },
    PEOPLE.asker,
    NOW,
  );
  expect(validateView(home)).toEqual([]);
  expectOwnMarkup(home);
  for (const shown of [
    requestCard(view, NOW),
    personalMessage(view, { to: PEOPLE.asker, topic: 'grant-ends-soon' }),
    personalMessage(view, { to: PEOPLE.approver, topic: 'grant-stuck' }),
    grantsMessage(grants, PEOPLE.approver, true, NOW),
    existingMessage({ grant: given }, undefined),
  ]) {
    expect(validateMessage(shown)).toEqual([]);
    expect(shown.text.trim()).not.toBe('');
    expect(shown.text.length).toBeLessThanOrEqual(4_000);
    expectOwnMarkup(shown);
  }
}

function expectOwnMarkup(shown: object): void {
  const own =
    /^<(?:@U0(?:ASKER|APPROVER|OTHER)|!date\^\d+\^[^|<>]*\|[^<>]*|https:\/\/(?:k10|slack)\.example[^<>]*)>$/;
  JSON.stringify(shown, (_key, value: unknown) => {
    const text = value as { type?: unknown; text?: unknown } | null;
    if (text?.type === 'mrkdwn') {
      const links = String(text.text).match(/<[^>]*>?/g) ?? [];
      expect(links.filter((link) => !own.test(link))).toEqual([]);
    }
    return value;
  });
}

function buttonsOf(shown: SlackMessage | { blocks: readonly unknown[] }): [string, string | undefined][] {
  return (shown.blocks as { type: string; elements?: { text: { text: string }; value?: string }[] }[])
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements = [] }) =>
      elements.map(({ text, value }): [string, string | undefined] => [text.text, value]),
    );
}
