import { describe, expect, it } from '@jest/globals';
import { type JsonObject, objectAt } from '../../../src/domain/json.ts';
import {
  authBefore,
  readAuthBefore,
  usesApplication,
  withoutSignIn,
} from '../../../src/domain/setup/auth-before.ts';
import { withSignIn } from '../../../src/domain/setup/auth-values.ts';
import { bareWorld, GROUP_ID, setupSpec } from '../../support/setup-samples.ts';

const REFERENCE = { clientSecretName: 'kastellan-k10-oidc' };
const OURS = { clientId: 'client', secretName: 'kastellan-k10-oidc' };

const GROUP = `kasten_azure_${GROUP_ID}`;

function setUp(values: JsonObject): JsonObject {
  return withSignIn(values, setupSpec(), bareWorld().release, REFERENCE, [GROUP]);
}

const NULLS: JsonObject = {
  auth: {
    tokenAuth: { enabled: true },
    basicAuth: { enabled: null },
    oidcAuth: { enabled: null, clientSecretName: null, secretName: null, sessionDuration: null },
  },
};

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
    ['with a list of allowed groups', { auth: { groupAllowList: ['okta'], tokenAuth: { enabled: true } } }],
    ['with an empty list of administrators', { auth: { groupAllowList: ['okta'], k10AdminGroups: [] } }],
    ['with lists that name administrators', { auth: { groupAllowList: ['a', 'b'], k10AdminGroups: ['b'] } }],
    ['with our own group on the list already', { auth: { groupAllowList: [GROUP, 'a'] } }],
    ['with lists that Helm was told to forget', { auth: { groupAllowList: null, k10AdminGroups: null } }],
    ['from a Secret of its own', { auth: { oidcAuth: { enabled: true, secretName: 'by-hand' } } }],
    ['with defaults that Helm was told to forget', NULLS],
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

  it('leaves groups and administrators that somebody else named since, and takes off those of Entra', () => {
    const values: JsonObject = { auth: { groupAllowList: ['okta'] } };
    const auth = setUp(values)['auth'] as JsonObject;
    const backFrom = (changed: JsonObject): JsonObject =>
      objectAt(
        withoutSignIn({ auth: { ...auth, ...changed } }, authBefore(values, 1), undefined).values,
        'auth',
      );
    // Without k10AdminGroups, the chart would make an administrator of the group that was added.
    expect(backFrom({ groupAllowList: ['okta', GROUP, 'basic'] })).toEqual({
      groupAllowList: ['okta', 'basic'],
      k10AdminGroups: ['okta'],
    });
    expect(backFrom({ k10AdminGroups: ['other'] })).toEqual({
      groupAllowList: ['okta'],
      k10AdminGroups: ['other'],
    });
    expect(backFrom({ groupAllowList: [] })).toEqual({ groupAllowList: [], k10AdminGroups: ['okta'] });
    // A later set-up let another group in.
    const later = GROUP.replaceAll('2', '3');
    expect(backFrom({ groupAllowList: ['okta', GROUP, later] })).toEqual({ groupAllowList: ['okta'] });
  });

  it('reads notes from before set-up knew of the lists, and leaves the lists then', () => {
    const { lists: _new, ...old } = authBefore(OKTA, 7);
    expect(readAuthBefore(JSON.parse(JSON.stringify(old)))).toEqual(old);
    expect(withoutSignIn(setUp(OKTA), old, OKTA)).toMatchObject({ how: 'before' });
    const listed: JsonObject = { auth: { groupAllowList: ['okta'] } };
    expect(withoutSignIn(setUp(listed), old, OKTA).values).toMatchObject({
      auth: { groupAllowList: ['okta', GROUP] },
    });
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
