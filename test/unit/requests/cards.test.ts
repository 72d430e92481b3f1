import { describe, expect, it } from '@jest/globals';
import type { RequestOf, RequestState } from '../../../src/domain/requests/request.ts';
import type { SlackMessage } from '../../../src/slack/blocks/blocks.ts';
import { between, durationWords, moment } from '../../../src/slack/blocks/words.ts';
import { fullDiff } from '../../../src/slack/requests/full-diff.ts';
import { personalMessage } from '../../../src/slack/requests/personal.ts';
import { requestCard } from '../../../src/slack/requests/request-card.ts';
import { readValue } from '../../../src/slack/requests/request-ids.ts';
import { hostileView, PEOPLE, PLAN, record, request, view } from '../../support/card-views.ts';
import { setupSpec } from '../../support/setup-samples.ts';

const NOW = new Date('2026-11-23T12:00:00.000Z');
const AT = '2026-11-23T11:58:20.000Z';

describe('the card of a request', () => {
  it('shows the plan by system with signs, who asks, who may approve and until when', () => {
    const card = requestCard(view(request('pending')), NOW);
    const shown = textOf(card);
    expect(shown).toContain('Set-up of Kasten sign-in on prod-eu');
    expect(shown).toContain('<@U0ASKER> wants Entra sign-in with MFA for https://k10.example.com');
    expect(shown).toContain('*Entra*\n```\n+ group Kasten Users (2 members)\n+ app');
    expect(shown).toContain('*Helm*\n```\n~ k10 7.5.10, stays at that version');
    expect(shown).toContain('auth.tokenAuth.enabled: true -&gt; false');
    expect(shown).toContain("Restarts all of K10's pods");
    expect(shown).toContain('Plan 3f2a91');
    expect(shown).toContain('2 approvals by members of @kasten-approvers, but not by <@U0ASKER>');
    expect(shown).toContain('<!date^1795511520^{date_short_pretty} {time}|2026-11-24 09:12 UTC>');
    expect(buttonsOf(card)).toEqual([
      ['Approve', '8k2mq0ab:3f2a91c0ffee'],
      ['Deny...', '8k2mq0ab:3f2a91c0ffee'],
      ['Full diff', '8k2mq0ab'],
      ['Withdraw', '8k2mq0ab'],
    ]);
    expect(card.text).toContain('create 3, change 1');
  });

  it('begins with what is unlike what people expect, for the eye and read aloud', () => {
    const warnings = ['This also changes <gateway>.'];
    const card = requestCard(view(request('pending', { plan: { ...PLAN, warnings } })), NOW);
    expect(JSON.stringify(card.blocks[1])).toContain('*Warning:* This also changes &lt;gateway&gt;.');
    expect(card.text).toMatch(/^Set-up of Kasten sign-in on prod-eu\. This also changes &lt;gateway&gt;\./);
  });

  it('counts approvals and says that earlier ones no longer count when the plan changed', () => {
    const approved = [{ by: PEOPLE.approver, verdict: 'approve' as const, at: AT }];
    expect(textOf(requestCard(view(request('pending', { decisions: approved })), NOW))).toContain(
      '1 of 2 approved: <@U0APPROVER>',
    );
    const spoken = requestCard(view(request('pending', { decisions: approved })), NOW).text;
    expect(spoken).toMatch(
      /Waits for 2 approvals by .*\. 1 of 2 approved: <@U0APPROVER>\. It expires <!date.*>\.$/,
    );
    expect(requestCard(view(request('pending', { staleDecisions: approved })), NOW).text).toContain(
      'The world changed after <@U0APPROVER> decided on an earlier plan',
    );
  });

  it('shows each step with its state, what it says now and how long it took', () => {
    const running = view(request('running', { startedAt: AT }), {
      journal: {
        'group:admin': record('group:admin', 'done', '2 members'),
        release: record('release', 'started'),
      },
      live: { release: 'gateway ready, auth-svc starting' },
    });
    const card = requestCard(running, NOW);
    expect(textOf(card)).toContain(':white_check_mark: done  Group Kasten Users · 2 members · 2 s');
    expect(textOf(card)).toContain(
      ':hourglass_flowing_sand: running  Helm upgrade · gateway ready, auth-svc starting · 1 min 40 s',
    );
    expect(textOf(card)).toContain(':white_circle: waiting  K10 pods');
    expect(card.text).toBe(
      'Setting up Kasten sign-in on prod-eu, 1 min 40 s so far. 1 of 3 steps done. Now: Helm upgrade (gateway ready, auth-svc starting).',
    );
  });

  it('ends with what was proved, the way to sign in, and when the secret ends', () => {
    const done = request('done', {
      startedAt: AT,
      endedAt: '2026-11-23T12:01:32.000Z',
      outcome: {
        proofs: [
          { name: 'issuer matches', holds: true, detail: '' },
          { name: 'redirect', holds: false, detail: 'commit first' },
        ],
        lines: [],
        secretEndsAt: '2027-05-22T00:00:00.000Z',
      },
    });
    const card = requestCard(view(done), NOW);
    expect(textOf(card)).toContain('*Proved just now:* issuer matches');
    expect(textOf(card)).toContain('*Not proved:* redirect (commit first)');
    expect(textOf(card)).toContain(
      'The client secret ends <!date^1810944000^{date_short_pretty}|2027-05-22>',
    );
    expect(textOf(card)).toContain('Took 3 min 12 s');
    expect(JSON.stringify(card.blocks)).toContain('"url":"https://k10.example.com/k10/"');
  });

  it('tells who asked the same as the card where a commit is left, or where sign-in does not work', () => {
    const told = (patch: Partial<RequestOf<'setup'>>) =>
      personalMessage(view(request('done', patch)), { topic: 'x', to: PEOPLE.asker }).text;
    const plan = { ...PLAN, handOver: { keeper: 'Argo CD', values: 'auth: {}' } };
    expect(told({ plan, startedAt: AT })).toMatch(
      /^Entra is ready for Kasten on prod-eu; one commit is left/,
    );
    expect(told({ plan })).toMatch(/^All that Kastellan does .* is in place\. .* one commit is left/);
    const outcome = { proofs: [{ name: 'redirect', holds: false, detail: 'HTTP 502' }], lines: [] };
    expect(told({ outcome })).toContain('but sign-in does not work: the card says what does not hold');
    const card = requestCard(view(request('done', { outcome })), NOW);
    expect(card.text).toMatch(
      /Not proved:\* redirect \(HTTP 502\).*Next:.*then \/kasten setup prod-eu proves/s,
    );
  });

  it('hands the values over where somebody else keeps the release', () => {
    const plan = {
      ...PLAN,
      handOver: { keeper: 'Argo CD', values: 'auth:\n  oidcAuth:\n    enabled: true\n' },
    };
    const card = requestCard(view(request('done', { plan, startedAt: AT })), NOW);
    expect(textOf(card)).toContain('one commit is left for you');
    expect(textOf(card)).toContain('```\nauth:\n  oidcAuth:\n    enabled: true\n');
  });

  it('says that there was nothing to do, and asks for nothing', () => {
    const card = requestCard(view(request('done', { plan: { changes: [], notes: [] } })), NOW);
    expect(card.text).toContain('Nothing to do on prod-eu');
    expect(buttonsOf(card)).toEqual([
      ['Sign in to Kasten', undefined],
      ['Status', '8k2mq0ab'],
    ]);
  });

  it('links nowhere where the address in use is not the configured one, and says why', () => {
    const withheld = 'There is no sign-in button because prod-eu was set up with https://x.example.com/k10/.';
    const signIn = { withheld };
    for (const patch of [{ startedAt: AT }, {}]) {
      const card = requestCard(view(request('done', patch), { signIn }), NOW);
      expect(textOf(card)).toContain(withheld);
      expect(buttonsOf(card)).toEqual([['Status', '8k2mq0ab']]);
      const told = personalMessage(view(request('done', patch), { signIn }), {
        topic: 'x',
        to: PEOPLE.asker,
      });
      expect(told.text).toContain(withheld);
      expect(JSON.stringify(told.blocks)).not.toContain('"url"');
    }
  });

  it('names the step that failed, what stays, what was not begun, and the two ways on', () => {
    const failed = request('failed', {
      failure: {
        code: 'x',
        message: 'auth-svc did not become ready.',
        hint: 'Set cacertconfigmap.name.',
        step: 'Helm upgrade',
        reference: '8k2mq0ab-7',
      },
    });
    const journal = { 'group:admin': record('group:admin', 'done'), release: record('release', 'failed') };
    const card = requestCard(view(failed, { journal }), NOW);
    expect(textOf(card)).toContain('Set-up on prod-eu stopped at "Helm upgrade"');
    expect(textOf(card)).toContain('auth-svc did not become ready.\nSet cacertconfigmap.name.');
    expect(textOf(card)).toContain('*Done and kept:* Group Kasten Users.');
    expect(textOf(card)).toContain('*Not begun:* K10 pods.');
    expect(textOf(card)).toContain('Reference 8k2mq0ab-7');
    expect(buttonsOf(card)).toEqual([
      ['Retry from here', '8k2mq0ab'],
      ['Roll back everything', '8k2mq0ab'],
    ]);
  });

  it('says who denied it and why, in text that formats nothing', () => {
    const decisions = [
      {
        by: PEOPLE.approver,
        verdict: 'deny' as const,
        at: AT,
        reason: 'not before <!here> *the freeze* ends',
      },
    ];
    const card = requestCard(view(request('denied', { decisions })), NOW);
    expect(textOf(card)).toContain('<@U0APPROVER> denied this <!date^');
    expect(textOf(card)).toContain('"not before &lt;!here&gt; ∗the freeze∗ ends"');
  });

  it('lists exactly what is left behind when rolling back did not get through', () => {
    const card = requestCard(
      view(request('needs-operator', { leftovers: ['app kasten-service', 'group Kasten Users'] })),
      NOW,
    );
    expect(textOf(card)).toContain('• app kasten-service\n• group Kasten Users');
    expect(card.text).toContain('app kasten-service; group Kasten Users');
  });

  it.each([
    ['a set-up', request('undone'), 'what was there before is as it was'],
    ['a rotation', rotation('undone'), 'K10 has the client secret that it had before'],
    ['a tear-down', teardown('undone'), 'What this request had removed is there again'],
    ['what a cluster that is gone has left', teardown('undone', true), 'secrets that it had removed do not'],
  ])(
    'says of %s that was rolled back what is there now, on the card and directly',
    (_what, undone, words) => {
      const told = personalMessage(view(undone), { topic: 'x', to: PEOPLE.asker });
      for (const { text } of [requestCard(view(undone), NOW), told]) expect(text).toContain(words);
    },
  );

  it('asks before a tear-down is rolled back whether all is to be put back, and not removed', () => {
    const asked = JSON.stringify(requestCard(view(teardown('failed')), NOW).blocks);
    expect(asked).toContain('What this request removed is put back');
    expect(asked).not.toContain('is removed, newest first');
  });

  it('counts what a long plan has no room for', () => {
    const card = requestCard(
      hostileView('pending', 'a change with a rather long summary, '.repeat(8), 90),
      NOW,
    );
    expect(textOf(card)).toMatch(/\d+ more in _Full diff_/);
  });
});

describe('the full diff', () => {
  it('shows every value with before and after', () => {
    const modal = fullDiff(request('pending'));
    expect(JSON.stringify(modal.blocks)).toContain(
      '  - auth.tokenAuth.enabled: true\\n  + auth.tokenAuth.enabled: false',
    );
    expect(JSON.stringify(modal.blocks)).not.toContain('There is more');
  });

  it('leaves to the thread what a modal cannot hold', () => {
    const modal = fullDiff(hostileView('pending', 'x'.repeat(300), 120).request);
    expect(modal.blocks.length).toBeLessThanOrEqual(100);
    expect(JSON.stringify(modal.blocks)).toMatch(
      /There is more \(\d+ parts\): the thread of the card has all\./,
    );
  });
});

describe('what a person is told directly', () => {
  it('tells the asker how it goes and others that it waits for them', () => {
    expect(personalMessage(view(request('pending')), { topic: 'x', to: PEOPLE.asker }).text).toContain(
      'The plan for the set-up on prod-eu is ready and waits for members of @kasten-approvers.',
    );
    expect(personalMessage(view(request('pending')), { topic: 'x', to: PEOPLE.approver }).text).toContain(
      '<@U0ASKER> waits for a decision on the set-up on prod-eu.',
    );
  });
});

describe('words', () => {
  it('writes durations as people say them', () => {
    expect([0, 9_400, 100_000, 3_600_000, 93_784_000].map(durationWords)).toEqual([
      '0 s',
      '9 s',
      '1 min 40 s',
      '1 h',
      '1 d 2 h',
    ]);
    expect(between(AT, '2026-11-23T11:58:22.000Z')).toBe('2 s');
  });

  it('shows a moment that is none as text', () => {
    expect(moment('<soon>')).toBe('&lt;soon&gt;');
  });

  it('reads a button of its own and nothing else', () => {
    expect(readValue('8k2mq0ab:3f2a91c0ffee')).toEqual({ requestId: '8k2mq0ab', planDigest: '3f2a91c0ffee' });
    expect(readValue('8k2mq0ab')).toEqual({ requestId: '8k2mq0ab', planDigest: undefined });
    expect(readValue('../../etc')).toBeUndefined();
  });
});

function textOf(card: SlackMessage): string {
  const found: string[] = [];
  JSON.stringify(card.blocks, (key, value) => {
    if (key === 'text' && typeof value === 'string') found.push(value);
    return value;
  });
  return found.join('\n');
}

function buttonsOf(card: SlackMessage): (string | undefined)[][] {
  return card.blocks.flatMap((block) =>
    block.type === 'actions'
      ? block.elements.map((element) => (element.type === 'button' ? [element.text.text, element.value] : []))
      : [],
  );
}

function rotation(state: RequestState): RequestOf<'rotation'> {
  return { ...request(state), kind: 'rotation', spec: { setup: setupSpec() } };
}

function teardown(state: RequestState, gone?: true): RequestOf<'teardown'> {
  const said = gone === undefined ? {} : { gone };
  const remove = ['application', 'credential'] as const;
  const spec = { setup: setupSpec(), setupId: 'set0up00', levels: [], remove, ...said };
  return { ...request(state), kind: 'teardown', spec };
}
