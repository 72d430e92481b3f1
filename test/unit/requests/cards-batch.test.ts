import { describe, expect, it } from '@jest/globals';
import { validateMessage, validateView } from '../../../sandbox/slack/block-kit/validate.ts';
import { cardFacts } from '../../../src/adapters/slack/card.ts';
import type { RequestOf, RequestState } from '../../../src/domain/requests/request.ts';
import type { PartView, RequestView } from '../../../src/ports/messenger.ts';
import type { SlackMessage } from '../../../src/slack/blocks/blocks.ts';
import { fullDiffs } from '../../../src/slack/requests/full-diff.ts';
import { personalMessage } from '../../../src/slack/requests/personal.ts';
import { requestCard } from '../../../src/slack/requests/request-card.ts';
import { homeView } from '../../../src/slack/status/home-view.ts';
import { PEOPLE, PLAN, record, request, view } from '../../support/card-views.ts';

const NOW = new Date('2026-11-23T12:00:00.000Z');
const AT = '2026-11-23T11:58:20.000Z';

type Part = RequestOf<'setup'>;

function part(cluster: string, state: RequestState, patch: Partial<Part> = {}): PartView {
  return {
    request: request(state, { id: `p-${cluster}`, cluster, batch: 'b4tch000', ...patch }),
    journal: {},
  };
}

const begun = { startedAt: AT };
const failure = {
  code: 'x',
  message: 'The cluster does not allow it.',
  step: 'Role bindings',
  reference: 'p-lab-7',
};
const outcome = {
  proofs: [{ name: 'issuer', holds: true, detail: '' }],
  lines: [],
  secretEndsAt: '2027-05-22T00:00:00.000Z',
};

function batch(
  state: RequestState,
  parts: readonly PartView[],
  patch: Partial<RequestOf<'batch'>> = {},
): RequestView<'batch'> {
  const asked = parts.map(({ request: { id, cluster, spec } }) => ({ requestId: id, cluster, spec }));
  const { plan: _plan, steps: _steps, ...common } = request(state);
  const of: RequestOf<'batch'> = {
    ...common,
    id: 'b4tch000',
    kind: 'batch',
    cluster: `${parts.length} clusters`,
    spec: { parts: asked },
    ...patch,
  };
  return { ...view(of), request: of, parts };
}

function shownOn({ blocks }: SlackMessage): string {
  return JSON.stringify(blocks);
}

function buttonsOf(card: SlackMessage): string[] {
  const all = card.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
  return all.map((element) => ('text' in element ? String(element.text?.text) : element.type));
}

describe('the card of several clusters', () => {
  it('names who gets in for good, level by level, and counts those beyond five', () => {
    const member = (name: string, level: string) => ({ level, objectId: `e-${name}`, name });
    const names = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Fay'];
    const newMembers = [...names.map((name) => member(name, 'admin')), member('Gil', 'ns-admin')];
    const earlier = [{ objectId: 'e-Ada', name: 'Ada' }];
    const shown = shownOn(
      requestCard(
        batch('pending', [
          part('prod-eu', 'pending', { plan: { ...PLAN, newMembers } }),
          part('prod-us', 'pending', { plan: { ...PLAN, newMembers } }),
          part('lab', 'pending', { plan: { ...PLAN, newMembers: earlier } }),
        ]),
        NOW,
      ),
    );
    expect(shown).toContain(
      '*prod-eu*, *prod-us*: Permanent members for admin: Ada, Ben, Cleo, Dan, Eve and 1 more',
    );
    expect(shown).toContain('*prod-eu*, *prod-us*: Permanent members for ns-admin: Gil');
    expect(shown).toContain('*lab*: Permanent members: Ada');
  });

  it('shows in short what each would change, what is good to know, and what cannot be', () => {
    const notes = ["Restarts all of K10's pods.", '2 backups are running.'];
    const card = requestCard(
      batch('pending', [
        part('prod-eu', 'pending'),
        part('prod-us', 'pending', { plan: { ...PLAN, notes } }),
        part('lab', 'refused', { failure }),
        part('old', 'done'),
      ]),
      NOW,
    );
    const shown = shownOn(card);
    expect(shown).toContain('Set-up of Kasten sign-in on 4 clusters');
    expect(shown).toContain('*prod-eu*, *prod-us*: Entra create 2 · Kubernetes create 1 · Helm change 1');
    expect(shown).toContain(':heavy_minus_sign: *lab*: left untouched: The cluster does not allow it.');
    expect(shown).toContain(':white_check_mark: *old*: nothing to do: as asked already');
    expect(shown).toContain('*prod-us*: 2 backups are running.');
    expect(card.text).toContain('One decision counts for 2 clusters');
    expect(buttonsOf(card)).toEqual(['Approve', 'Deny...', 'Full diff', 'Withdraw']);
  });

  it('begins with what approvers must not overlook', () => {
    const warnings = ['Differs from the configuration: group prefix x_ instead of kasten_azure_.'];
    const parts = [part('prod-eu', 'pending'), part('prod-us', 'pending', { plan: { ...PLAN, warnings } })];
    const { blocks } = requestCard(batch('pending', parts), NOW);
    expect(JSON.stringify(blocks[1])).toMatch(
      /\*prod-us\*: Warning: Differs from .* group prefix x. instead/,
    );
    const { request } = batch('pending', parts);
    const home = homeView(
      { grants: [], requests: [], decisions: [{ request, parts }], reviews: [] },
      'U1',
      NOW,
    );
    expect(JSON.stringify(home.blocks[1])).toMatch(
      /"text":":warning: \*prod-us\*: Warning: Differs from .* group prefix x. instead/,
    );
  });

  it('names no cluster beside what is good to know of all', () => {
    const parts = ['prod-eu', 'prod-us'].map((name) => part(name, 'pending'));
    expect(shownOn(requestCard(batch('pending', parts), NOW))).toContain(`"Restarts all of K10's pods`);
  });

  it('shows while it runs how far each is, and lets those that wait share a line', () => {
    const running = part('prod-eu', 'running', begun);
    const journal = {
      'group:admin': record('group:admin', 'done'),
      release: record('release', 'started'),
    };
    const card = requestCard(
      batch(
        'running',
        [
          { ...running, journal },
          part('a', 'approved'),
          part('b', 'pending'),
          part('lab', 'failed', { ...begun, failure }),
          part('ok', 'done', { ...begun, outcome }),
        ],
        begun,
      ),
      NOW,
    );
    const shown = shownOn(card);
    expect(shown).toContain(':hourglass_flowing_sand: *prod-eu*: 1 of 3 steps · Helm upgrade · 1 min 40 s');
    expect(shown).toContain(':white_circle: *a*, *b*: waiting');
    expect(shown).toMatch(/\*lab\*: stopped.*\*prod-eu\*: 1 of 3.*\*a\*, \*b\*.*\*ok\*: sign-in/);
    expect(buttonsOf(card)).toEqual([]);
    expect(card.text).toContain('1 of 5 clusters over.');
  });

  it('ends with how many sign in, which do not and why, and a way on for those that stopped', () => {
    const view = batch('failed', [
      part('prod-eu', 'done', { ...begun, outcome }),
      part('lab', 'failed', { ...begun, failure }),
      part('new', 'pending', begun),
      part('back', 'undone', begun),
    ]);
    const card = requestCard(view, NOW);
    expect(card.text).toContain('1 of 4 clusters signs in through Entra now; 2 need somebody.');
    expect(card.text).toContain('lab: stopped at "Role bindings": The cluster does not allow it.');
    expect(card.text).toContain('new: changed since the approval, so nothing more was done');
    expect(card.text).toContain('back: rolled back, and as before.');
    expect(buttonsOf(card)).toEqual(['Retry what stopped', 'Roll back what stopped']);
    const told = personalMessage(view, { to: PEOPLE.asker, topic: 'failed-7' });
    expect(told.text).toContain('1 of 4 clusters signs in through Entra now. lab: stopped');
  });

  it('offers nothing more when all is well', () => {
    const later = { ...outcome, secretEndsAt: '2027-05-22T00:03:07.000Z' };
    const parts = [
      part('prod-eu', 'done', { ...begun, outcome }),
      part('prod-us', 'done', { ...begun, outcome: later }),
    ];
    const card = requestCard(batch('done', parts), NOW);
    expect(card.text).toBe('All 2 clusters sign in through Entra now.');
    expect(shownOn(card)).toContain(
      '*prod-eu*, *prod-us*: sign-in through Entra works; the client secret ends',
    );
    expect(buttonsOf(card)).toEqual([]);
  });

  it('claims no sign-in that was not proved, or that waits for a commit', () => {
    const open = { ...outcome, proofs: [{ name: 'redirect', holds: false, detail: 'K10 does not answer.' }] };
    const plan = { ...PLAN, handOver: { keeper: 'Argo CD', values: 'auth: {}' } };
    const card = requestCard(
      batch('done', [
        part('prod-eu', 'done', { outcome: open }),
        part('prod-us', 'done', { ...begun, plan, outcome }),
      ]),
      NOW,
    );
    expect(card.text).toContain('0 of 2 clusters sign in through Entra now.');
    expect(card.text).toContain('sign-in does not work: K10 does not answer.');
    expect(card.text).toContain('the values wait to be committed for Argo CD');
  });

  it.each(['planning', 'pending', 'running', 'failed', 'done'] as const)(
    'names each of fifty, and stays within what Slack takes: %s',
    (state) => {
      const states = ['pending', 'refused', 'running', 'failed', 'done', 'needs-operator'] as const;
      const parts = Array.from({ length: 50 }, (_, index) =>
        part(`cluster-with-a-long-name-${index}`, states[index % states.length] ?? 'done', {
          ...(state === 'running' || state === 'failed' ? begun : {}),
          failure: { ...failure, message: `${index} ${'a cause that takes its time to tell. '.repeat(20)}` },
        }),
      );
      const card = requestCard(batch(state, parts), NOW);
      expect(validateMessage(card)).toEqual([]);
      for (const { request: one } of parts) expect(shownOn(card)).toContain(`*${one.cluster}*`);
      expect(shownOn(card)).not.toMatch(/\d+ more in the thread/);
    },
  );

  it('puts the plans of fifty behind one button', () => {
    const parts = Array.from({ length: 50 }, (_, index) => part(`c-${index}`, 'pending').request);
    const modal = fullDiffs({ planDigest: '3f2a91c0ffee' }, parts);
    expect(validateView(modal)).toEqual([]);
    expect(JSON.stringify(modal)).not.toContain('There is more');
    for (const { cluster } of parts) expect(JSON.stringify(modal)).toContain(`${cluster}:`);
  });
});

describe('a card in the thread of another', () => {
  it('comes when it does not move any more, and is drawn anew whenever a part changes', () => {
    const one = part('prod-eu', 'running', begun);
    expect(cardFacts(view(one.request))).toMatchObject({ under: 'b4tch000', moves: true });
    const before = cardFacts(batch('running', [one])).version;
    const next = { ...one, request: { ...one.request, version: one.request.version + 1 } };
    expect(cardFacts(batch('running', [next])).version).toBe(before + 1);
  });
});
