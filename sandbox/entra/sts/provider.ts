import { randomBytes } from 'node:crypto';
import Provider, { type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { textOf } from '../directory.ts';
import { issuerOf, type World } from '../world.ts';
import { refuseConsent, scopesIn } from './consent.ts';
import { htmlPage } from './html.ts';
import { idTokenClaims, pairwiseSubject } from './id-token-claims.ts';
import { createStore } from './memory-store.ts';
import { troublePage } from './pages.ts';
import { redeemProblem } from './redeem-problem.ts';
import { refusalOf } from './refusal.ts';
import { stsBody } from './sts-problem.ts';

/** The OpenID provider behind Entra's addresses: it keeps sessions and codes, and makes ID tokens. */
export function createProvider(world: World): Provider {
  const provider = new Provider(issuerOf(world), configuration(world));
  const reasons = new WeakMap<object, string>();
  provider.on('grant.error', (ctx, error) =>
    reasons.set(ctx, error.error_detail ?? error.error_description ?? ''),
  );
  provider.use(async (ctx, next) => {
    await next();
    const body: unknown = ctx.body;
    if (ctx.path.endsWith('/oauth2/v2.0/token') && ctx.status >= 400 && body) {
      ctx.body = stsBody(redeemProblem(reasons.get(ctx) ?? ''), world.clock);
    }
  });
  return provider;
}

function configuration(world: World): Configuration {
  const tenant = `/${world.directory.tenantId}`;
  const minutes = 60;
  return {
    adapter: createStore(world),
    jwks: { keys: [world.signingKey.privateJwk as never] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    routes: {
      authorization: `${tenant}/oauth2/v2.0/authorize`,
      end_session: `${tenant}/oauth2/v2.0/logout`,
      jwks: `${tenant}/discovery/v2.0/keys`,
      token: `${tenant}/oauth2/v2.0/token`,
      userinfo: '/oidc/userinfo',
    },
    interactions: {
      url: (_ctx, interaction) => `${tenant}/login/${interaction.uid}`,
      policy: policy(world),
    },
    claims: {
      openid: [
        'sub',
        'oid',
        'tid',
        'ver',
        'name',
        'preferred_username',
        'email',
        'upn',
        'groups',
        'roles',
        'amr',
      ],
      email: [],
      profile: [],
    },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    conformIdTokenClaims: false,
    subjectTypes: ['pairwise'],
    sectorIdentifierUriValidate: () => false,
    pairwiseIdentifier: (_ctx, accountId, client) => pairwiseSubject(world, accountId, client.clientId),
    pkce: { required: () => false },
    responseTypes: ['code'],
    ttl: {
      AccessToken: 60 * minutes,
      AuthorizationCode: 10 * minutes,
      Grant: 60 * minutes,
      IdToken: 60 * minutes,
      Interaction: 60 * minutes,
      Session: 60 * minutes,
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource: askToSignOut, postLogoutSuccessSource: signedOut },
    },
    findAccount: (_ctx, id, token) => {
      const user = world.directory.entries.get(id);
      if (user?.kind !== 'user') return undefined;
      const clientId = token?.clientId ?? '';
      const amr = (token as { amr?: string[] } | undefined)?.amr;
      return {
        accountId: id,
        claims: (_use, scope) => ({
          ...idTokenClaims(world, user, clientId, scope),
          sub: id,
          ...(amr ? { amr } : {}),
        }),
      };
    },
    loadExistingGrant: grantAll,
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = troublePage(`${out.error}: ${out.error_description ?? ''}`, world.clock.now());
    },
  };
}

/** Consent is asked for where people sign in, so whoever comes here has it. */
async function grantAll(ctx: KoaContextWithOIDC): Promise<InstanceType<Provider['Grant']>> {
  const { client, params, provider, session } = ctx.oidc;
  const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: client?.clientId ?? '' });
  grant.addOIDCScope(textOf(params ?? {}, 'scope') ?? 'openid');
  await grant.save();
  return grant;
}

/** When people must see the sign-in pages although they have a session. */
function policy(world: World): interactionPolicy.DefaultPolicy {
  const { base, Check, Prompt } = interactionPolicy;
  const prompts = base();
  prompts.remove('consent');
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  const login = prompts.get('login');
  login?.checks.push(
    new Check('second_factor', 'a second factor is needed', (ctx) => {
      const { session } = ctx.oidc;
      return world.knobs.mfaRequired && session?.accountId !== undefined && !session.amr?.includes('mfa');
    }),
    new Check('refused', 'the person may not use the application', (ctx) => {
      const { client, session } = ctx.oidc;
      const user = world.directory.entries.get(session?.accountId ?? '');
      return user !== undefined && refusalOf(world, user, client?.clientId ?? '') !== undefined;
    }),
    new Check('unapproved', 'nobody has consented to what the application asks for', (ctx) => {
      const { client, session, params } = ctx.oidc;
      const user = world.directory.entries.get(session?.accountId ?? '');
      const principal = world.directory.servicePrincipal(client?.clientId ?? '');
      if (user === undefined || principal === undefined) return false;
      const scopes = scopesIn(textOf(params ?? {}, 'scope') ?? '');
      return refuseConsent(world, user, principal, scopes) !== undefined;
    }),
  );
  return prompts;
}

async function askToSignOut(ctx: KoaContextWithOIDC, form: string): Promise<void> {
  ctx.body = htmlPage(
    'Sign out',
    `<h1>Sign out?</h1>${form}<button type="submit" form="op.logoutForm" value="yes" name="logout">Sign out</button>`,
  );
}

async function signedOut(ctx: KoaContextWithOIDC): Promise<void> {
  ctx.body = htmlPage('Sign out', '<h1>You signed out of your account</h1><p>You may close this window.</p>');
}
