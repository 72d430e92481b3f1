import { describe, expect, it } from '@jest/globals';
import { identityOf } from '../../../sandbox/k10/identity.ts';
import { readSettings } from '../../../sandbox/k10/sign-in-settings.ts';

const SECRET: Readonly<Record<string, string>> = {
  'provider-url': 'https://login.example.com/tenant/v2.0',
  'redirect-url': 'https://k10.example.com',
  'client-id': 'client',
  'client-secret': 'x',
  scopes: 'openid',
  groupClaim: 'groups',
  groupPrefix: 'entra_',
};

function settings(changed: Record<string, string> = {}) {
  const files = { ...SECRET, ...changed };
  const read = readSettings({
    environment: {},
    log: () => undefined,
    readFile: (path) => {
      const text = files[path.split('/').at(-1) ?? ''];
      return text === undefined || path.includes('-creds/') ? undefined : Buffer.from(text);
    },
  });
  if (read.mode !== 'oidc') throw new Error(read.mode);
  return read;
}

describe("the sandbox's K10", () => {
  it.each([
    ['', ['entra_a', 'entra_b']],
    ['entra_b\nother', ['entra_b']],
    // As the cluster knows them: without the prefix it is another group.
    ['b', []],
  ])('keeps of the groups a and b, with the list %j: %j', (groupAllowList, kept) => {
    const claims = { sub: 'ann', groups: ['a', 'b'] };
    expect(identityOf(claims, settings({ groupAllowList })).groups).toEqual(kept);
  });

  it.each(['1 hour', '1h 30m', '1d', '60'])('does not start with sessions of "%s"', (sessionDuration) => {
    expect(() => settings({ sessionDuration })).toThrow('time: invalid duration');
  });

  it('reads durations as Go writes them', () => {
    expect(settings({ sessionDuration: '1h30m' }).sessionSeconds).toBe(5_400);
    expect(settings().sessionSeconds).toBe(3_600);
  });
});
