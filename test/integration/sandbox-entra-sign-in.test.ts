import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as oidc from 'openid-client';
import { createBrowser } from '../../sandbox/entra/browser.ts';
import { defaultKnobs } from '../../sandbox/entra/knobs.ts';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import { createAuthority, trustAuthority } from '../../sandbox/tls/certificate-authority.ts';

const dashboard = '33333333-3333-4333-8333-333333333333';
const closed = '44444444-4444-4444-8444-444444444444';
const users = 'bbbbbbbb-0000-4000-8000-000000000001';
const everybody = 'bbbbbbbb-0000-4000-8000-000000000002';
const redirectUri = 'https://k10.sandbox.example/k10/auth-svc/v0/oidc/redirect';
const ann = { login: 'ann@sandbox.example', password: 'correct horse' };

let entra: Entra;

beforeAll(async () => {
  const authority = await createAuthority();
  trustAuthority(authority);
  const people = ['Ann', 'Bob', 'Gone'].map((displayName) => ({
    displayName,
    userPrincipalName: `${displayName.toLowerCase()}@sandbox.example`,
    mail: displayName === 'Bob' ? null : `${displayName.toLowerCase()}@mail.example`,
    accountEnabled: displayName !== 'Gone',
    password: 'correct horse',
    mfaCode: '424242',
  }));
  const properties = { web: { redirectUris: [redirectUri] }, groupMembershipClaims: 'SecurityGroup' };
  entra = await startEntra({
    tls: await authority.issue(),
    seed: {
      people,
      applications: [
        {
          clientId: dashboard,
          displayName: 'kasten-service',
          secrets: [{ text: 'first~secret' }],
          properties,
        },
        { clientId: closed, displayName: 'closed-service', secrets: [{ text: 'closed' }], properties },
      ],
      groups: [
        { id: users, displayName: 'Kasten Users', members: ['ann@sandbox.example'] },
        { id: everybody, displayName: 'Everybody', members: ['Kasten Users'] },
      ],
    },
  });
});

beforeEach(() => {
  Object.assign(entra.knobs, defaultKnobs());
  const application = entra.directory.application(dashboard);
  if (application)
    application.properties = { ...application.properties, groupMembershipClaims: 'SecurityGroup' };
});

afterAll(async () => {
  await entra.close();
});

async function relyingParty(clientId = dashboard, secret = 'first~secret'): Promise<oidc.Configuration> {
  return await oidc.discovery(new URL(`${entra.loginUrl}/${entra.tenantId}/v2.0`), clientId, secret);
}

function address(config: oidc.Configuration, more: Record<string, string> = {}): URL {
  const parameters = {
    redirect_uri: redirectUri,
    scope: 'openid email profile',
    state: 's1',
    nonce: 'n1',
    ...more,
  };
  return oidc.buildAuthorizationUrl(config, parameters);
}

async function claimsOf(visitor = ann, more: Record<string, string> = {}) {
  const config = await relyingParty();
  const visit = await createBrowser().open(address(config, more), visitor);
  const tokens = await oidc.authorizationCodeGrant(config, visit.url, {
    expectedState: 's1',
    expectedNonce: 'n1',
  });
  return tokens.claims() ?? {};
}

describe('signing in with a browser', () => {
  it('asks for name, password and code, and gives an ID token with the groups, nested ones included', async () => {
    const config = await relyingParty();
    const visit = await createBrowser().open(address(config), ann);
    expect(visit.headings).toEqual(['Sign in', 'Enter password', 'Enter code']);
    const tokens = await oidc.authorizationCodeGrant(config, visit.url, {
      expectedState: 's1',
      expectedNonce: 'n1',
    });
    const claims = tokens.claims();
    expect(claims).toMatchObject({
      iss: `${entra.loginUrl}/${entra.tenantId}/v2.0`,
      aud: dashboard,
      tid: entra.tenantId,
      name: 'Ann',
      preferred_username: 'ann@sandbox.example',
      email: 'ann@mail.example',
      amr: ['pwd', 'mfa'],
    });
    expect(new Set(claims?.['groups'] as string[])).toEqual(new Set([users, everybody]));
    expect(claims?.sub).not.toBe(claims?.['oid']);
  });

  it('works with PKCE', async () => {
    const config = await relyingParty();
    const verifier = oidc.randomPKCECodeVerifier();
    const code_challenge = await oidc.calculatePKCECodeChallenge(verifier);
    const url = address(config, { code_challenge, code_challenge_method: 'S256' });
    const visit = await createBrowser().open(url, ann);
    const checks = { expectedState: 's1', expectedNonce: 'n1', pkceCodeVerifier: verifier };
    await expect(oidc.authorizationCodeGrant(config, visit.url, checks)).resolves.toHaveProperty('id_token');
  });

  it('leaves out what was not asked for and what the person does not have', async () => {
    const claims = await claimsOf({ ...ann, login: 'bob@sandbox.example' }, { scope: 'openid email' });
    expect(claims).not.toHaveProperty('email');
    expect(claims).not.toHaveProperty('name');
    expect(claims).not.toHaveProperty('groups');
  });

  it('gives only assigned groups, and no nested ones, when the application asks for its own groups', async () => {
    const application = entra.directory.application(dashboard);
    const principal = entra.directory.servicePrincipal(dashboard);
    if (!application || !principal) throw new Error('not seeded');
    application.properties = { ...application.properties, groupMembershipClaims: 'ApplicationGroup' };
    for (const principalId of [users, everybody]) {
      entra.directory.assignments.push({
        id: principalId,
        appRoleId: '00000000-0000-0000-0000-000000000000',
        createdDateTime: '2026-01-01T00:00:00Z',
        principalId,
        principalType: 'Group',
        principalDisplayName: '',
        resourceId: principal.id,
        resourceDisplayName: '',
      });
    }
    expect(await claimsOf()).toMatchObject({ groups: [users] });
    entra.directory.assignments.splice(-2);
  });

  it('points elsewhere for the groups when there are more than 200', async () => {
    const user = entra.directory.findBy('user', 'userPrincipalName', ann.login);
    const many = Array.from({ length: 201 }, (_, index) =>
      entra.directory.add('group', { displayName: `g${index}` }),
    );
    for (const group of many) group.members.add(user?.id ?? '');
    const claims = await claimsOf();
    for (const group of many) entra.directory.softDelete(group);
    expect(claims).not.toHaveProperty('groups');
    expect(claims).toMatchObject({ _claim_names: { groups: 'src1' } });
  });

  it('signs in without a code while no policy demands one', async () => {
    entra.knobs.mfaRequired = false;
    const claims = await claimsOf();
    expect(claims).toMatchObject({ amr: ['pwd'] });
  });

  it('remembers people, lets them pick their account, and asks for the missing second factor', async () => {
    const config = await relyingParty();
    const browser = createBrowser();
    entra.knobs.mfaRequired = false;
    await browser.open(address(config), ann);
    expect((await browser.open(address(config), ann)).headings).toEqual([]);
    entra.knobs.mfaRequired = true;
    const picked = await browser.open(address(config, { prompt: 'select_account' }), ann);
    expect(picked.headings).toEqual(['Pick an account', 'Enter code']);
  });

  it('says login_required when it may not ask and nobody is signed in', async () => {
    const config = await relyingParty();
    const visit = await createBrowser().open(address(config, { prompt: 'none' }));
    expect(visit.url.searchParams.get('error')).toBe('login_required');
  });
});

describe('what people see when they cannot sign in', () => {
  it.each([
    ['a wrong redirect URI', '50011', ann, { redirect_uri: 'https://elsewhere.example/' }, dashboard],
    ['an unknown application', '700016', ann, {}, '99999999-0000-4000-8000-000000000000'],
    ['a wrong password', '50126', { ...ann, password: 'wrong' }, {}, dashboard],
    ['a wrong code', '500121', { ...ann, code: '000000' }, {}, dashboard],
    ['a disabled account', '50057', { ...ann, login: 'gone@sandbox.example' }, {}, dashboard],
  ])('shows %s on a page with AADSTS%s', async (_what, code, visitor, more, clientId) => {
    const config = await relyingParty(clientId);
    const visit = await createBrowser().open(address(config, more), visitor);
    expect(visit.page).toContain(`AADSTS${code}:`);
  });

  it('shows 50105 to people who are not assigned, and logs it', async () => {
    const principal = entra.directory.servicePrincipal(closed);
    if (principal) principal.properties = { ...principal.properties, appRoleAssignmentRequired: true };
    const visit = await createBrowser().open(address(await relyingParty(closed)), ann);
    expect(visit.page).toContain('AADSTS50105:');
    expect(entra.directory.signIns[0]).toMatchObject({ appId: closed, status: { errorCode: 50105 } });
  });

  it('sends 700054 back to an application that asks for ID tokens it may not have', async () => {
    const url = address(await relyingParty(), { response_type: 'id_token', response_mode: 'query' });
    const visit = await createBrowser().open(url, ann);
    expect(visit.url.searchParams.get('error_description')).toContain('AADSTS700054');
  });
});

describe('redeeming the code', () => {
  const redeem = async (code: string, secret: string) => {
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: dashboard,
      client_secret: secret,
      redirect_uri: redirectUri,
      code,
    });
    const answer = await fetch(`${entra.loginUrl}/${entra.tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body,
    });
    return (await answer.json()) as Record<string, unknown>;
  };

  it('works once, with the right secret', async () => {
    const visit = await createBrowser().open(address(await relyingParty()), ann);
    const code = visit.url.searchParams.get('code') ?? '';
    expect(await redeem(code, 'wrong')).toMatchObject({ error: 'invalid_client', error_codes: [7000215] });
    expect(await redeem(code, 'first~secret')).toHaveProperty('id_token');
    expect(await redeem(code, 'first~secret')).toMatchObject({
      error: 'invalid_grant',
      error_codes: [54005],
    });
  });
});
