import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as oidc from 'openid-client';
import { createBrowser } from '../../sandbox/entra/browser.ts';
import type { Properties } from '../../sandbox/entra/directory.ts';
import { defaultKnobs } from '../../sandbox/entra/knobs.ts';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import { createAuthority, trustAuthority } from '../../sandbox/tls/certificate-authority.ts';

const APP = '33333333-3333-4333-8333-333333333333';
const USERS = 'bbbbbbbb-0000-4000-8000-000000000001';
const SYNCED = 'bbbbbbbb-0000-4000-8000-000000000002';
const REDIRECT = 'https://k10.sandbox.example/k10/auth-svc/v0/oidc/redirect';
const ANN = { login: 'ann@sandbox.example', password: 'correct horse' };
const AS_SEEDED: Properties = {
  web: { redirectUris: [REDIRECT] },
  spa: { redirectUris: [] },
  publicClient: { redirectUris: [] },
  groupMembershipClaims: 'SecurityGroup',
  optionalClaims: null,
};

let entra: Entra;

beforeAll(async () => {
  const authority = await createAuthority();
  trustAuthority(authority);
  entra = await startEntra({
    tls: await authority.issue(),
    seed: {
      people: [
        { displayName: 'Ann', userPrincipalName: ANN.login, password: ANN.password, mfaCode: '424242' },
      ],
      applications: [
        {
          clientId: APP,
          displayName: 'kasten-service',
          secrets: [{ text: 'first~secret' }],
          properties: AS_SEEDED,
        },
      ],
      groups: [
        { id: USERS, displayName: 'Kasten Users', members: [ANN.login] },
        {
          id: SYNCED,
          displayName: 'Backup Operators',
          members: [ANN.login],
          properties: {
            onPremisesSamAccountName: 'backup-ops',
            onPremisesDomainName: 'corp.example',
            onPremisesNetBiosName: 'CORP',
          },
        },
      ],
    },
  });
});

beforeEach(() => {
  Object.assign(entra.knobs, defaultKnobs({ mfaRequired: false }));
  entra.portal.changeApplication(APP, AS_SEEDED);
  entra.portal.changePrincipal(APP, { accountEnabled: true, appRoleAssignmentRequired: false });
  entra.directory.permissionGrants.splice(0);
});

afterAll(() => entra.close());

async function visit(more: Record<string, string> = {}) {
  const issuer = new URL(`${entra.loginUrl}/${entra.tenantId}/v2.0`);
  const config = await oidc.discovery(issuer, APP, 'first~secret');
  const parameters = { redirect_uri: REDIRECT, scope: 'openid email', state: 's1', nonce: 'n1', ...more };
  const seen = await createBrowser().open(oidc.buildAuthorizationUrl(config, parameters), ANN);
  return { config, ...seen };
}

async function claims(): Promise<Record<string, unknown>> {
  const { config, url } = await visit();
  const tokens = await oidc.authorizationCodeGrant(config, url, { expectedState: 's1', expectedNonce: 'n1' });
  return tokens.claims() ?? {};
}

/** What the token endpoint says to the code that came back. */
async function redemption(): Promise<Record<string, unknown>> {
  const { url } = await visit();
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: APP,
    client_secret: 'first~secret',
    redirect_uri: REDIRECT,
    code: url.searchParams.get('code') ?? '',
  });
  const answer = await fetch(`${entra.loginUrl}/${entra.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    body,
  });
  return (await answer.json()) as Record<string, unknown>;
}

describe('what an application asks for', () => {
  it.each(['openid groups', 'openid email kasten', 'openid https://graph.microsoft.com/nothing'])(
    'is refused with AADSTS650053 where nobody knows the scope: %s',
    async (scope) => {
      const { url } = await visit({ scope });
      expect(url.searchParams.get('error')).toBe('invalid_client');
      expect(url.searchParams.get('error_description')).toContain(
        "AADSTS650053: The application 'kasten-service'",
      );
    },
  );

  it('is refused with AADSTS700051 where it is an access token without a code', async () => {
    const { url } = await visit({ response_type: 'token', response_mode: 'query' });
    expect(url.searchParams.get('error_description')).toContain('AADSTS700051');
  });
});

describe('consent', () => {
  it('is given by people themselves where they may, and noted', async () => {
    expect((await visit()).url.origin).toBe('https://k10.sandbox.example');
    expect(entra.directory.permissionGrants).toMatchObject([
      { consentType: 'Principal', scope: 'openid email' },
    ]);
  });

  it('is asked of an administrator where they may not, with AADSTS90094', async () => {
    entra.knobs.userConsent = false;
    expect((await visit()).page).toContain('AADSTS90094: Need admin approval');
    entra.portal.consents(APP, ['openid']);
    expect((await visit()).page).toContain('AADSTS90094');
    entra.portal.consents(APP, ['email']);
    expect((await visit()).url.origin).toBe('https://k10.sandbox.example');
  });

  it('may not be given by people where an assignment is required, whatever the tenant allows', async () => {
    entra.portal.changePrincipal(APP, { appRoleAssignmentRequired: true });
    expect((await visit()).page).toContain('AADSTS50105');
    entra.directory.assignments.push(assignment(USERS));
    expect((await visit()).page).toContain('AADSTS90094');
    entra.portal.consents(APP, ['openid', 'email']);
    expect((await visit()).url.origin).toBe('https://k10.sandbox.example');
    entra.directory.assignments.pop();
  });
});

function assignment(principalId: string) {
  return {
    id: principalId,
    appRoleId: '00000000-0000-0000-0000-000000000000',
    createdDateTime: '2026-01-01T00:00:00Z',
    principalId,
    principalType: 'Group',
    principalDisplayName: '',
    resourceId: entra.directory.servicePrincipal(APP)?.id ?? '',
    resourceDisplayName: '',
  };
}

describe('the platform of a redirect URI', () => {
  it.each([
    ['spa', 9002327],
    ['publicClient', 700025],
  ])('%s lets people sign in, and refuses the code that came with it', async (platform, code) => {
    entra.portal.changeApplication(APP, {
      web: { redirectUris: [] },
      [platform]: { redirectUris: [REDIRECT] },
    });
    expect(await redemption()).toMatchObject({ error_codes: [code] });
  });

  it('that has none is refused with AADSTS50011', async () => {
    expect((await visit({ redirect_uri: 'https://elsewhere.example/' })).page).toContain('AADSTS50011');
  });
});

describe('the options of the groups claim', () => {
  const withOption = (option: string): void => {
    const groups = { name: 'groups', source: null, essential: false, additionalProperties: [option] };
    entra.portal.changeApplication(APP, { optionalClaims: { idToken: [groups] } });
  };

  it('send object IDs where there are none', async () => {
    expect(new Set((await claims())['groups'] as string[])).toEqual(new Set([USERS, SYNCED]));
  });

  it('send them as roles with emit_as_roles, and no groups', async () => {
    withOption('emit_as_roles');
    const token = await claims();
    expect(new Set(token['roles'] as string[])).toEqual(new Set([USERS, SYNCED]));
    expect(token).not.toHaveProperty('groups');
  });

  it.each([
    ['sam_account_name', 'backup-ops'],
    ['dns_domain_and_sam_account_name', 'corp.example\\backup-ops'],
    ['netbios_domain_and_sam_account_name', 'CORP\\backup-ops'],
  ])('send names of synchronised groups only with %s', async (option, name) => {
    withOption(option);
    expect((await claims())['groups']).toEqual([name]);
  });
});

describe('an enterprise application that is switched off', () => {
  it('refuses people and the application itself with AADSTS7000112', async () => {
    entra.portal.changePrincipal(APP, { accountEnabled: false });
    expect((await visit()).page).toContain('AADSTS7000112');
  });
});
