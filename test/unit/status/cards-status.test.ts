import { describe, expect, it } from '@jest/globals';
import { validateMessage } from '../../../sandbox/slack/block-kit/validate.ts';
import type { ClusterStatus } from '../../../src/operations/status/status-report.ts';
import { statusMessage } from '../../../src/slack/status/report-cards.ts';

type Observed = Extract<ClusterStatus, { observed: true }>;

function cluster(name: string, changed: Partial<Observed> = {}): Observed {
  return {
    cluster: name,
    observed: true,
    setUp: true,
    signsInThroughEntra: true,
    dashboard: `https://${name}.example.com/k10/`,
    chart: 'k10',
    chartVersion: '8.0.1',
    revision: 7,
    levels: [
      {
        level: 'admin',
        group: {
          name: 'Kasten Users',
          objectId: 'g',
          members: 3,
          memberNames: ['Ada', 'Ben', 'Cleo'],
          sharedWith: [],
        },
        bindings: [{ role: 'admin', bound: true }],
      },
    ],
    secret: { hint: 'abc', endsAt: '2027-05-22T09:00:00Z' },
    drift: { changes: [], notes: [] },
    otherAdmins: { open: [], accepted: 0, unseen: [] },
    requests: [],
    ...changed,
  };
}

const DRIFT: Observed['drift'] = {
  changes: [{ id: 'release', sign: '~', system: 'helm', summary: 'k10', differences: [] }],
  notes: [],
};
const AWAY: ClusterStatus = {
  cluster: 'c-17',
  observed: false,
  problem: 'It does not answer.',
  away: { since: '2026-11-24T09:00:00Z', againAt: '2026-11-24T09:00:30Z' },
  requests: [],
};

const FIFTY = Array.from({ length: 50 }, (_, index): ClusterStatus => {
  const name = `c-${String(index).padStart(2, '0')}`;
  if (name === 'c-17') return AWAY;
  if (name === 'c-30') return cluster(name, { drift: DRIFT });
  if (name === 'c-40') return cluster(name, { setUp: false, signsInThroughEntra: false, levels: [] });
  return cluster(name);
});

describe('the status of one cluster', () => {
  it('calls drift what differs from a set-up, and not what a cluster without one lacks', () => {
    const all = (changed: Partial<Observed>) => JSON.stringify(statusMessage([cluster('lab', changed)]));
    expect(all({ drift: DRIFT })).toMatch(/drift: change 1.*Drift: a set-up would change 1/);
    const bare = all({ drift: DRIFT, setUp: false, signsInThroughEntra: false });
    expect(bare).toMatch(/not set up: a set-up would change 1.*Not set up: a set-up would change 1/);
    expect(bare).not.toMatch(/drift/i);
  });

  it('says what else decides about sign-in, worst first, counts what is serious, and what is not known', () => {
    const noticed = [
      { weight: 'stops', says: 'Everybody is turned away.' },
      { weight: 'warns', says: 'Strangers can sign in.' },
      { weight: 'notes', says: 'A guest is in it.' },
      { weight: 'unknown', says: 'Consent is not known.' },
    ] as const;
    const message = statusMessage([cluster('lab', { noticed })]);
    expect(validateMessage(message)).toEqual([]);
    const all = JSON.stringify(message);
    expect(message.text).toMatch(/2 warnings about sign-in.*Everybody is turned away.*Strangers can sign in/);
    expect(message.text).not.toContain('guest');
    expect(all).toMatch(
      /In the way of a set-up: Everybody.*Warning: Strangers.*A guest is in it.*Not known: Consent/,
    );
  });
});

describe('the status of fifty clusters', () => {
  const shown = statusMessage(FIFTY);
  const rows = JSON.stringify(shown.blocks).match(/c-\d\d +[^\\]*/g) ?? [];

  it('is a table with a line for each, within what Slack takes', () => {
    expect(validateMessage(shown)).toEqual([]);
    expect(new Set(rows.map((row) => row.slice(0, 4))).size).toBe(50);
    expect(rows.find((row) => row.startsWith('c-05'))).toMatch(/^c-05 +Entra +2027-05-22 +3 +- +-$/);
  });

  it('shows first what needs somebody, and what is not set up last', () => {
    expect(rows[0]).toMatch(/^c-17 +not reachable/);
    expect(rows[1]).toMatch(/^c-30 +Entra +2027-05-22 +3 +1/);
    expect(rows.at(-1)).toMatch(/^c-40 +not set up/);
  });

  it('says aloud how many are well and what the others are, with since when and when it is tried again', () => {
    expect(shown.text).toContain('48 of 50 clusters as set up, or not set up.');
    expect(shown.text).toMatch(/c-17: not reachable since <!date\^\d+\^[^>]+>, tried again <!date/);
    expect(shown.text).toContain('c-30: a set-up would change 1.');
  });

  it('tells how to see all about one, which is shown in full', () => {
    expect(shown.text).toContain('`/kasten status` and its name');
    const one = statusMessage([cluster('c-05')]);
    expect(JSON.stringify(one.blocks)).toContain(
      'Level admin: Kasten Users, 3 members: Ada, Ben and Cleo · admin bound',
    );
    expect(one.text).toContain('3 members: Ada, Ben and Cleo for admin');
  });

  it('names five of many members in the line of their level, and all below it; a count where no names came', () => {
    const names = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Fay', 'Gus'];
    const withGroup = (group: object) =>
      JSON.stringify(
        statusMessage([
          cluster('lab', {
            levels: [
              {
                level: 'admin',
                bindings: [],
                group: { name: 'G', objectId: 'g', sharedWith: [], members: 7, ...group },
              },
            ],
          }),
        ]).blocks,
      );
    const all = withGroup({ memberNames: names });
    expect(all).toContain('7 members: Ada, Ben, Cleo, Dan, Eve and 2 more');
    expect(all).toContain('Members for admin: Ada, Ben, Cleo, Dan, Eve, Fay and Gus');
    expect(withGroup({})).toContain('Level admin: G, 7 members\\n');
  });
});
