import { randomUUID } from 'node:crypto';
import { escapeHtml } from '../../tools/escape-html.ts';
import { htmlPage } from './html.ts';

interface PageOptions {
  /** Where the form goes. */
  action: string;
  /** The application people are signing in to. */
  application: string;
  error?: string | undefined;
}

function form(options: PageOptions, heading: string, fields: string): string {
  const error = options.error ? `<p class="error" role="alert">${escapeHtml(options.error)}</p>` : '';
  return htmlPage(
    'Sign in to your account',
    `<p class="note">to continue to ${escapeHtml(options.application)}</p><h1>${escapeHtml(heading)}</h1>${error}
<form method="post" action="${escapeHtml(options.action)}">${fields}</form>`,
  );
}

/** Pick an account that is signed in already, or go on to name another. */
export function pickAccountPage(
  options: PageOptions,
  accounts: readonly { login: string; name: string }[],
): string {
  const buttons = accounts.map(
    ({ login, name }) =>
      `<button class="account" name="login" value="${escapeHtml(login)}">${escapeHtml(name)}<br>${escapeHtml(login)}</button>`,
  );
  return form(
    options,
    'Pick an account',
    `<input type="hidden" name="step" value="pick">${buttons.join('')}
<button class="account" name="login" value="">Use another account</button>`,
  );
}

/** Name the account. */
export function accountPage(options: PageOptions, login = ''): string {
  return form(
    options,
    'Sign in',
    `<input type="hidden" name="step" value="account">
<label for="login">User name</label>
<input type="text" id="login" name="login" autocomplete="username" required autofocus value="${escapeHtml(login)}">
<button>Next</button>`,
  );
}

/** Type the password. */
export function passwordPage(options: PageOptions, login: string): string {
  return form(
    options,
    'Enter password',
    `<input type="hidden" name="step" value="password"><p>${escapeHtml(login)}</p>
<label for="passwd">Password</label>
<input type="password" id="passwd" name="passwd" autocomplete="current-password" required autofocus>
<button>Sign in</button>`,
  );
}

/** Type the code of the second factor. The page shows it, because the sandbox has no phone. */
export function codePage(options: PageOptions, login: string, code: string): string {
  return form(
    options,
    'Enter code',
    `<input type="hidden" name="step" value="code"><p>${escapeHtml(login)}</p>
<p class="note">In this sandbox, your authenticator shows <strong id="authenticator">${escapeHtml(code)}</strong>.</p>
<label for="otc">Code</label>
<input type="text" id="otc" name="otc" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" required autofocus>
<button>Verify</button>`,
  );
}

/** What people see when they cannot be signed in: the code is the part that help desks ask for. */
export function troublePage(message: string, now: Date): string {
  return htmlPage(
    'Sign in to your account',
    `<h1>Sorry, but we’re having trouble signing you in.</h1>
<p class="error" role="alert">${escapeHtml(message)}</p>
<p class="note">Request Id: ${randomUUID()}<br>Correlation Id: ${randomUUID()}<br>Timestamp: ${now.toISOString()}</p>`,
  );
}
