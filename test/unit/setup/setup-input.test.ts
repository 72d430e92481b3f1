import { describe, expect, it } from '@jest/globals';
import { proposedInput, readSetupInput, type SetupInput } from '../../../src/domain/setup/setup-input.ts';
import { GROUP_ID, houseRules } from '../../support/setup-samples.ts';

const [first] = houseRules().clusters;
if (first === undefined) throw new Error('no cluster');
const { dashboardUrl: _configured, ...unconfigured } = first;
const RULES = houseRules({
  clusters: [
    first,
    { ...first, name: 'prod-us', dashboardUrl: 'https://us.example.com' },
    { ...unconfigured, name: 'lab' },
  ],
});
const FOUND = new Map([['lab', ['https://lab.example.com']]]);
const BOTH = ['prod-eu', 'prod-us'];

function problemsOf(wish: SetupInput) {
  const reading = readSetupInput(wish, RULES);
  return reading.ok ? [] : reading.problems;
}

function withGroup(wish: SetupInput, group: string): SetupInput {
  const levels = wish.form.levels.map((level, index) => (index === 0 ? { ...level, group } : level));
  return { ...wish, form: { ...wish.form, levels } };
}

describe('the set-up form for several clusters', () => {
  it('is for one cluster just the form there was', () => {
    const { form } = proposedInput(RULES, ['lab'], FOUND);
    expect(form).toMatchObject({ cluster: 'lab', dashboardUrl: 'https://lab.example.com' });
    const reading = readSetupInput({ clusters: ['lab'], form, addresses: new Map() }, RULES);
    expect(reading).toMatchObject({ ok: true, setups: [{ cluster: 'lab' }] });
  });

  it('gives each cluster its own address, app and group, and to all what was filled in', () => {
    const wish = proposedInput(RULES, [...BOTH, 'lab'], FOUND);
    expect(wish.form.levels[0]?.group).toBe('Kasten Users ({cluster})');
    const reading = readSetupInput({ ...wish, form: { ...wish.form, secretLifetimeDays: '90' } }, RULES);
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    expect(
      reading.setups.map(({ cluster, spec }) => [
        cluster,
        spec.origin,
        spec.applicationName,
        spec.secretLifetimeDays,
      ]),
    ).toEqual([
      ['prod-eu', 'https://k10.example.com', 'kasten-service (prod-eu)', 90],
      ['prod-us', 'https://us.example.com', 'kasten-service (prod-us)', 90],
      ['lab', 'https://lab.example.com', 'kasten-service (lab)', 90],
    ]);
    expect(reading.setups[2]?.spec.levels[0]?.group).toEqual({ newName: 'Kasten Users (lab)' });
  });

  it('names the clusters whose address nobody knows, once', () => {
    const [problem, ...others] = problemsOf(proposedInput(RULES, [...BOTH, 'lab'], new Map()));
    expect(problem).toMatchObject({
      field: 'cluster',
      message: expect.stringContaining('is not known: lab.'),
    });
    expect(others).toEqual([]);
  });

  it('wants new groups to be told apart, and takes one that is there for all', () => {
    const wish = proposedInput(RULES, BOTH, FOUND);
    const level = wish.form.levels[0]?.level;
    expect(problemsOf(withGroup(wish, 'Kasten Users'))).toEqual([
      { field: `group:${level}`, message: expect.stringContaining('Put {cluster} into the name') },
    ]);
    expect(problemsOf(withGroup(wish, GROUP_ID))).toEqual([]);
  });

  it('says once what is wrong for all of them', () => {
    const wish = proposedInput(RULES, BOTH, FOUND);
    const wrong = { ...wish, form: { ...wish.form, scopes: 'email' } };
    expect(problemsOf(wrong).map(({ field }) => field)).toEqual(['scopes']);
  });

  it('takes fifty clusters and no more', () => {
    const named = (size: number) =>
      Array.from({ length: size }, (_, index) => ({ ...first, name: `c-${index}` }));
    const rules = houseRules({ clusters: named(51) });
    const names = rules.clusters.map(({ name }) => name);
    expect(readSetupInput(proposedInput(rules, names.slice(0, 50), new Map()), rules).ok).toBe(true);
    expect(readSetupInput(proposedInput(rules, names, new Map()), rules)).toMatchObject({
      problems: [{ field: 'cluster', message: 'Choose 50 clusters at most.' }],
    });
  });
});
