import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, OUTSIDER, Walk } from '../support/walk.ts';

// Fifty looks, and calls that hang for 20 seconds before they are known to, take their time on a busy machine.
const named = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `c-${String(from + index).padStart(2, '0')}`);
// Twelve with an API of their own; the others are further names of the first, which costs Kastellan the same.
const OWN = named(0, 12);
const FIFTY = named(0, 50);
// More than a process works on at once.
const HUNG = OWN.slice(1, 11);

describe('one Kastellan that keeps fifty clusters', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      clusters: OWN,
      adjust: {
        configuration: (usual) => {
          const [first] = usual.clusters;
          if (first === undefined) throw new Error('no cluster');
          // A copy of each: Kastellan takes no anchors in its configuration.
          const others = FIFTY.slice(OWN.length).map((name) => ({
            ...first,
            chart: { ...first.chart },
            name,
          }));
          return { ...usual, clusters: [...usual.clusters, ...others] };
        },
      },
    });
  });
  afterAll(() => walk?.close());

  function faultsOf(name: string) {
    const cluster = walk.sandbox.clusters.find((candidate) => candidate.name === name);
    if (cluster === undefined) throw new Error(`no cluster ${name}`);
    return cluster.kubernetes.faults;
  }

  async function table(matches: RegExp): Promise<SlackMessage> {
    const { control } = walk.sandbox.slack;
    const user = walk.user(OUTSIDER);
    return walk.until(`a table with ${matches}`, async () => {
      const before = (await control.ephemerals(OUTSIDER.slackId)).length;
      await user.types('status');
      const answer = await walk.until('an answer', async () =>
        (await control.ephemerals(OUTSIDER.slackId))
          .slice(before)
          .findLast((message) => /of 50 clusters|No worker answered/.test(textOf(message))),
      );
      // On a busy machine fifty looks take longer than a question waits: people ask again.
      return matches.test(textOf(answer)) ? answer : undefined;
    });
  }

  it('shows them all in one table', async () => {
    const told = await table(/of 50 clusters/);
    expect(textOf(told)).toMatch(/\d+ of 50 clusters as set up, or not set up\./);
    for (const name of FIFTY) expect(JSON.stringify(told.blocks)).toContain(name);
  });

  it('plans for all of them in one request, on one card, and takes it back as one', async () => {
    expect(await walk.asks({ addMe: ['admin'] }, ASKER, 'all')).toEqual({});
    const card = await walk.until('the plans', async () => {
      return (await walk.cards()).find((one) => /on 50 clusters\..*Waits for/.test(textOf(one)));
    });
    expect(textOf(card)).toContain('One decision counts for 50 clusters');
    for (const name of FIFTY) expect(JSON.stringify(card.blocks)).toContain(`*${name}*`);
    expect(await walk.cards()).toHaveLength(1);
    await walk.withdraws(card);
    await walk.until('fifty to be free again', async () => {
      const errors = await walk.asks({ 'group:admin': '' }, ASKER, 'all');
      return errors['cluster'] === undefined ? errors : undefined;
    });
  });

  it('plans for a cluster that answers while ten that hang are still being waited for', async () => {
    const calm = HUNG.map((name) => faultsOf(name).add({ match: {}, delayMs: 600_000 }));
    for (const [index, name] of HUNG.entries()) await walk.asks({}, index % 2 === 0 ? ASKER : APPROVER, name);
    await walk.asks({}, ASKER, 'c-00');
    const plan = await walk.until('the plan', async () => {
      return (await walk.cards()).find((card) => /on c-00\..*Waits for/.test(textOf(card)));
    });
    expect(textOf(plan)).toContain('on c-00');
    const waiting = (await walk.cards()).filter((card) => /the plan comes here/.test(textOf(card)));
    // In turn behind eight that hang it would have come when three of them were given up.
    expect(waiting.length).toBeGreaterThan(HUNG.length - 3);
    for (const heal of calm) heal();
  });

  it('says of one that does not answer since when, and when it is tried again', async () => {
    faultsOf('c-11').add({ match: {}, drop: true });
    const user = walk.user(OUTSIDER);
    await walk.until('that it is away', async () => {
      await user.types('status c-11');
      const text = await user.readsPrivately('how it is', /c-11 could not be observed/);
      return /It has not since \S+ and is tried again at \S+ UTC/.test(text) ? text : undefined;
    });
    const told = await table(/c-11: not reachable since <!date\^\d+[^>]+>, tried again <!date/);
    expect(textOf(told)).toMatch(/of 50 clusters/);
  });
});
