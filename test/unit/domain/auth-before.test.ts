import { describe, expect, it } from '@jest/globals';
import {
  authBefore,
  readAuthBefore,
  usesApplication,
  withoutSignIn,
} from '../../../src/domain/auth-before.ts';
import { withSignIn } from '../../../src/domain/auth-values.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { bareWorld, setupSpec } from './samples.ts';

const REFERENCE = { clientSecretName: 'kastellan-k10-oidc' };
const OURS = { clientId: 'client', secretName: 'kastellan-k10-oidc' };

function setUp(values: JsonObject): JsonObject {
  return withSignIn(values, setupSpec(), bareWorld().release, REFERENCE);
}

const OKTA: JsonObject = {
  clusterName: 'old',
  auth: {
    tokenAuth: { enabled: false },
    oidcAuth: {
      enabled: true,
      providerURL: 'https://okta.example.com',
      clientID: 'x',
      clientSecret: 'very-secret',
    },
  },
};

describe('how K10 signed people in before set-up', () => {
  it.each<[string, JsonObject]>([
    ['by token', { auth: { tokenAuth: { enabled: true } }, other: 1 }],
    ['by a password file', { auth: { basicAuth: { enabled: true, htpasswd: 'user:hash' } } }],
    ['by LDAP, with settings', { auth: { ldap: { enabled: true, host: 'ldap', bindPW: 'pw' } } }],
    ['not at all', { other: true }],
    ['by its defaults, with an empty auth', { auth: { k10AdminGroups: ['a'] } }],
  ])('comes back value by value where it was %s', (_how, values) => {
    const back = withoutSignIn(setUp(values), authBefore(values, 1), undefined);
    expect(back).toEqual({ values, how: 'before', missing: [] });
  });

  it('keeps what somebody set below auth since', () => {
    const values: JsonObject = { auth: { tokenAuth: { enabled: true } } };
    const now = setUp(values);
    const grown = { ...now, auth: { ...(now['auth'] as JsonObject), groupAllowList: ['a'] } };
    const back = withoutSignIn(grown, authBefore(values, 1), undefined).values;
    expect(back).toEqual({ auth: { tokenAuth: { enabled: true }, groupAllowList: ['a'] } });
  });

  it('is stored without a secret, and reads back as it was stored', () => {
    const before = authBefore(OKTA, 7);
    expect(JSON.stringify(before)).not.toContain('very-secret');
    expect(before).toMatchObject({ revision: 7, withheld: ['clientSecret'] });
    expect(readAuthBefore(JSON.parse(JSON.stringify(before)))).toEqual(before);
    expect(readAuthBefore({ revision: 'seven' })).toBeUndefined();
  });

  it('gets its secret from the revision of then', () => {
    expect(withoutSignIn(setUp(OKTA), authBefore(OKTA, 7), OKTA)).toEqual({
      values: {
        ...OKTA,
        auth: { tokenAuth: { enabled: false }, oidcAuth: (OKTA['auth'] as JsonObject)['oidcAuth'] },
      },
      how: 'before',
      missing: [],
    });
  });

  it.each([
    ['Helm has dropped it', undefined],
    [
      'K10 was installed anew under that number',
      { auth: { oidcAuth: { enabled: true, clientSecret: 'another' } } },
    ],
  ])('is sign-in by token where %s, and says what is missing', (_why, old) => {
    const back = withoutSignIn(setUp(OKTA), authBefore(OKTA, 7), old);
    expect(back).toMatchObject({ how: 'token', missing: ['clientSecret'] });
    expect(back.values['auth']).toMatchObject({
      tokenAuth: { enabled: true },
      oidcAuth: { enabled: false, providerURL: 'https://okta.example.com' },
    });
    expect(JSON.stringify(back.values)).not.toContain('another');
  });

  it('is sign-in by token where nobody noted it', () => {
    const back = withoutSignIn(setUp({}), undefined, undefined);
    expect(back.how).toBe('token');
    expect(back.values['auth']).toMatchObject({ tokenAuth: { enabled: true }, oidcAuth: { enabled: false } });
    expect(usesApplication(back.values, OURS)).toBe(false);
  });
});

describe("Kastellan's application in K10's values", () => {
  it('is told by the name of its Secret, or by its client ID where the chart takes no name', () => {
    expect(usesApplication(setUp({}), OURS)).toBe(true);
    expect(usesApplication({ auth: { oidcAuth: { clientID: 'client' } } }, OURS)).toBe(true);
    expect(usesApplication(OKTA, OURS)).toBe(false);
    expect(usesApplication({}, { ...OURS, clientId: undefined })).toBe(false);
  });
});
