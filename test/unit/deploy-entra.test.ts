import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { type GraphPermission, PERMISSIONS } from '../../src/adapters/entra/permissions.ts';
import { read } from '../support/pages.ts';

const SCRIPT = fileURLToPath(new URL('../../deploy/entra/create-identity.sh', import.meta.url));
const BICEP = 'deploy/entra/main.bicep';

/** `feature name id` of everything that the code asks for. */
const asked = PERMISSIONS.flatMap(({ name, id, features }: GraphPermission) =>
  features.map((feature) => `${feature} ${name} ${id}`),
).toSorted();

describe('What deploys the identity of Kastellan', () => {
  it('grants, as a script, just the permissions that the code asks for', () => {
    const listed = execFileSync('bash', [SCRIPT, '--list'], { encoding: 'utf8' });
    expect(listed.trim().split('\n').toSorted()).toEqual(asked);
  });

  it('grants, as Bicep, just the permissions that the code asks for', () => {
    expect(permissionsInBicep(read(BICEP)).toSorted()).toEqual(asked);
  });

  it('offers, as Bicep and in the help of the script, every feature but set-up, which is always there', () => {
    const choices = [...new Set(asked.map((line) => line.split(' ')[0] ?? ''))].filter(
      (name) => name !== 'set-up',
    );
    const [, union = ''] = /^param features \((.*)\)\[\] = \[\]$/m.exec(read(BICEP)) ?? [];
    expect([...union.matchAll(/'([^']+)'/g)].map(([, name]) => name).toSorted()).toEqual(choices.toSorted());
    const help = execFileSync('bash', [SCRIPT, '--help'], { encoding: 'utf8' });
    expect(choices.filter((name) => !help.includes(name))).toEqual([]);
  });

  it('makes objects of the same names in both ways', () => {
    const [script, bicep] = [read('deploy/entra/create-identity.sh'), read(BICEP)];
    for (const text of [script, bicep]) {
      expect(text).toMatch(/uniqueName[:=] ?'kastellan'/);
      expect(text).toMatch(/system:serviceaccount:\$\{?namespace\}?:\$\{?(serviceA|a)ccount\}?/);
      expect(text).toContain('api://AzureADTokenExchange');
      expect(text).toContain('00000003-0000-0000-c000-000000000000');
    }
  });
});

function permissionsInBicep(text: string): string[] {
  const [, table = ''] = /^var permissionsOf = \{\n([\s\S]*?)^\}/m.exec(text) ?? [];
  return [...table.matchAll(/'([\w-]+)': \[([^\]]*)\]/g)].flatMap(([, feature, rows = '']) =>
    [...rows.matchAll(/\{ name: '([^']+)', id: '([^']+)' \}/g)].map(
      ([, name, id]) => `${feature} ${name} ${id}`,
    ),
  );
}
