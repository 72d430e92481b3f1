import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type Provider from 'oidc-provider';
import { type Entry, textOf } from '../directory.ts';
import type { World } from '../world.ts';
import { refuseConsent, scopesIn } from './consent.ts';
import type { Form } from './form.ts';
import { accountPage, codePage, passwordPage, pickAccountPage, troublePage } from './pages.ts';
import { refusalOf } from './refusal.ts';
import { logSignIn } from './sign-in-log.ts';
import { StsProblem } from './sts-problem.ts';

/** How far somebody has come with signing in. */
interface Progress {
  clientId: string;
  scopes: readonly string[];
  user?: Entry;
  amr: string[];
}

/** Somebody who signed in before, and how. */
interface Session {
  user: Entry;
  amr: string[];
}

type Answer = { page: string } | { done: Progress & { user: Entry } };

/**
 * The pages of the sign-in: account, password, code.
 * @param provider asked at each request, because the provider is made on first use
 */
export function loginRoutes(app: FastifyInstance, world: World, provider: () => Provider): void {
  const attempts = new Map<string, Progress>();

  app.get('/:tenant/login/:uid', async (request, reply) => {
    const details = await provider().interactionDetails(request.raw, reply.raw);
    const user = world.directory.entries.get(details.session?.accountId ?? '');
    const progress = begun(details.params);
    const { clientId } = progress;
    attempts.set(details.uid, progress);
    const options = optionsOf(world, request, clientId);
    const known = user && details.prompt.name === 'login' && !details.prompt.reasons.includes('login_prompt');
    // Somebody who has a session lacks the second factor, or is not allowed in: no need to ask who they are.
    if (known) {
      Object.assign(progress, { user, amr: ['pwd'] });
      return await finish(next(world, progress, options), request, reply);
    }
    if (user) {
      const accounts = [{ login: loginName(user), name: String(user.properties['displayName']) }];
      return await reply.type('text/html').send(pickAccountPage(options, accounts));
    }
    const hint = details.params['login_hint'];
    return await reply.type('text/html').send(accountPage(options, typeof hint === 'string' ? hint : ''));
  });

  app.post('/:tenant/login/:uid', async (request, reply) => {
    const details = await provider().interactionDetails(request.raw, reply.raw);
    const progress = attempts.get(details.uid) ?? begun(details.params);
    attempts.set(details.uid, progress);
    const form = (request.body ?? {}) as Form;
    const user = world.directory.entries.get(details.session?.accountId ?? '');
    const session = user && { user, amr: details.session?.amr ?? ['pwd'] };
    const options = optionsOf(world, request, progress.clientId);
    return await finish(take(world, progress, form, options, session), request, reply);
  });

  const finish = async (answer: Answer, request: FastifyRequest, reply: FastifyReply) => {
    if ('page' in answer) return await reply.type('text/html').send(answer.page);
    const { user, amr, clientId } = answer.done;
    logSignIn(world, user, clientId);
    reply.hijack();
    const login = { accountId: user.id, amr, remember: true };
    await provider().interactionFinished(request.raw, reply.raw, { login, select_account: {} });
    return reply;
  };
}

function begun(parameters: Record<string, unknown>): Progress {
  const scopes = scopesIn(String(parameters['scope'] ?? ''));
  return { clientId: String(parameters['client_id']), scopes, amr: [] };
}

interface Options {
  action: string;
  application: string;
}

function optionsOf(world: World, request: FastifyRequest, clientId: string): Options {
  const application = world.directory.application(clientId);
  return {
    action: request.url,
    application: textOf(application?.properties ?? {}, 'displayName') ?? clientId,
  };
}

function take(world: World, progress: Progress, form: Form, options: Options, session?: Session): Answer {
  switch (form['step']) {
    case 'pick':
      return picked(world, progress, form['login'] ?? '', options, session);
    case 'password':
      return password(world, progress, form['passwd'] ?? '', options);
    case 'code':
      return code(world, progress, form['otc'] ?? '', options);
    default:
      return account(world, progress, form['login'] ?? '', options);
  }
}

function picked(
  world: World,
  progress: Progress,
  login: string,
  options: Options,
  session?: Session,
): Answer {
  if (login === '' || !session || loginName(session.user) !== login) return { page: accountPage(options) };
  Object.assign(progress, session);
  return next(world, progress, options);
}

function account(world: World, progress: Progress, login: string, options: Options): Answer {
  const user =
    world.directory.findBy('user', 'userPrincipalName', login.trim()) ??
    world.directory.findBy('user', 'mail', login.trim());
  if (!user || login.trim() === '') {
    const error = 'AADSTS50034: This username may be incorrect. Make sure you typed it correctly.';
    return { page: accountPage({ ...options, error }, login) };
  }
  progress.user = user;
  progress.amr = [];
  return { page: passwordPage(options, loginName(user)) };
}

function password(world: World, progress: Progress, typed: string, options: Options): Answer {
  const { user } = progress;
  if (!user) return { page: accountPage(options) };
  if (world.directory.passwords.get(user.id)?.password !== typed) {
    const problem = new StsProblem(50126, 'invalid_grant', 'Your account or password is incorrect.');
    logSignIn(world, user, progress.clientId, problem);
    return { page: passwordPage({ ...options, error: problem.message }, loginName(user)) };
  }
  progress.amr = ['pwd'];
  return next(world, progress, options);
}

function code(world: World, progress: Progress, typed: string, options: Options): Answer {
  const { user } = progress;
  if (!user || !progress.amr.includes('pwd')) return { page: accountPage(options) };
  const expected = world.directory.passwords.get(user.id)?.mfaCode ?? '';
  if (typed.trim() !== expected) {
    const problem = new StsProblem(
      500121,
      'invalid_grant',
      'Authentication failed during strong authentication request.',
    );
    logSignIn(world, user, progress.clientId, problem);
    return { page: codePage({ ...options, error: problem.message }, loginName(user), expected) };
  }
  progress.amr = ['pwd', 'mfa'];
  return next(world, progress, options);
}

/** What comes after the password or the code: refusal, second factor, or done. */
function next(world: World, progress: Progress, options: Options): Answer {
  const { user, clientId, amr } = progress;
  if (!user) return { page: accountPage(options) };
  const refusal = refusalOf(world, user, clientId);
  if (refusal) {
    logSignIn(world, user, clientId, refusal);
    return { page: troublePage(refusal.message, world.clock.now()) };
  }
  if (world.knobs.mfaRequired && !amr.includes('mfa')) {
    return {
      page: codePage(options, loginName(user), world.directory.passwords.get(user.id)?.mfaCode ?? ''),
    };
  }
  const principal = world.directory.servicePrincipal(clientId);
  const unapproved = principal && refuseConsent(world, user, principal, progress.scopes);
  if (unapproved) {
    logSignIn(world, user, clientId, unapproved);
    return { page: troublePage(unapproved.message, world.clock.now()) };
  }
  return { done: { ...progress, user } };
}

function loginName(user: Entry): string {
  return textOf(user.properties, 'userPrincipalName') ?? user.id;
}
