import { expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { RenderedObject } from '../../../src/domain/setup/manifest.ts';
import { planUpgrade } from '../../../src/workflows/release/plan-upgrade.ts';

const secret = (name: string): RenderedObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: 'kasten-io',
  name,
  body: { apiVersion: 'v1', kind: 'Secret', metadata: { name } },
});

// A chart that takes away the Secret of token sign-in and makes that of Entra.
const render = async ({ values }: { values: JsonObject }) =>
  values['entra'] === true
    ? [secret('kept'), secret('k10-oidc-auth')]
    : [secret('kept'), secret('k10-token-auth')];

it('an upgrade is refused if Helm may not create or remove what comes or goes with it', async () => {
  const outlook = await planUpgrade(
    {
      otherChanges: 'refuse',
      cluster: { readObjects: async () => new Map() },
      releases: {
        manifest: () => render({ values: {} }),
        render,
        reviewRights: async (objects) => ({
          account: 'system:serviceaccount:kastellan:helm',
          unknown: [],
          missing: objects.flatMap(({ object, verbs }) =>
            verbs.map((verb) => ({
              verb,
              group: '',
              resource: 'secrets',
              namespace: 'kasten-io',
              name: object.name,
            })),
          ),
        }),
      },
    },
    { chartVersion: '7.5.10', revision: 1, status: 'deployed' },
    {},
    { entra: true },
  );
  const said = outlook.obstacles.map(({ message }) => message).join(' ');
  expect(said).toMatch(/create, patch secrets "k10-oidc-auth"/);
  expect(said).toMatch(/delete secrets "k10-token-auth"/);
  expect(said).not.toContain('kept');
});
