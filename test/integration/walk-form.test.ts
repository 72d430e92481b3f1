import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ASKER, Walk } from '../support/walk.ts';

describe('the form, where the configuration names no dashboard', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      // As the chart makes it for a K10 that people reach through an Ingress.
      k10: {
        values: {
          auth: { tokenAuth: { enabled: true } },
          ingress: { create: true, host: 'k10.example.com' },
        },
      },
      adjust: {
        configuration: (usual) => ({
          ...usual,
          clusters: usual.clusters.map(({ dashboardUrl: _left, ...cluster }) => cluster),
        }),
      },
    });
  });
  afterAll(() => walk?.close());

  it("proposes the address that the cluster's Ingress serves K10 at", async () => {
    const { control } = walk.sandbox.slack;
    const proposed = await walk.until('the address in the form', async () => {
      const view = await walk.user(ASKER).opensForm('setup prod-eu');
      const field = JSON.stringify(view);
      await control.closeView(ASKER.slackId, view.id);
      return /"initial_value":"(https:[^"]*)"/.exec(field)?.[1];
    });
    expect(proposed).toBe('https://k10.example.com');
  });
});
