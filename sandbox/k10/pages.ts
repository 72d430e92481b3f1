import { type Html, html } from './html.ts';
import type { Rights } from './rights.ts';
import type { SessionClaims } from './session-token.ts';

function page(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - K10 sandbox</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; color: #16325c; background: #f4f6f9; margin: 0; }
header { background: #00263e; color: #fff; padding: .75rem 1.5rem; font-weight: 600; }
main { max-width: 46rem; margin: 1.5rem auto; padding: 1.5rem; background: #fff; border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { text-align: left; padding: .35rem .5rem; border-top: 1px solid #d8dde6; }
th { font-weight: 400; }
code { overflow-wrap: anywhere; }
.yes { color: #04693f; } .no { color: #8e0916; }
[role=alert], [role=status] { border-left: .25rem solid #8e0916; padding: .5rem 1rem; background: #fdf1f2; }
textarea { width: 100%; }
</style>
</head>
<body>
<header>K10 sandbox</header>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.text;
}

/** The dashboard of somebody who has signed in. */
export function dashboardPage(who: SessionClaims, rights: Rights, logout: string): string {
  const groups = who.groups.map((group) => html`<li><code>${group}</code></li>`);
  return page(
    'Dashboard',
    html`<dl>
<dt>Signed in as</dt><dd><code id="user">${who.user}</code></dd>
<dt>Groups</dt><dd>${who.groups.length === 0 ? 'none' : html`<ul id="groups">${groups}</ul>`}</dd>
</dl>
${rightsTable(rights)}
<p><a href="${logout}">Sign out</a></p>`,
  );
}

/** The dashboard of a K10 that asks nobody who they are. */
export function directPage(rights: Rights): string {
  return page(
    'Dashboard',
    html`<p role="alert">Direct access: everyone is an administrator.</p>
${rightsTable(rights)}`,
  );
}

function rightsTable({ actions, applications }: Rights): Html {
  const nothing = applications.length === 0 && actions.every(({ allowed }) => !allowed);
  const rows = actions.map(
    ({ id, text, allowed }) =>
      html`<tr><th scope="row">${text}</th><td id="may-${id}" class="${allowed ? 'yes' : 'no'}">${allowed ? 'yes' : 'no'}</td></tr>`,
  );
  const names = applications.map((name) => html`<li>${name}</li>`);
  const count = applications.length;
  return html`${nothing ? html`<p role="status">No permissions: 0 applications</p>` : ''}
<table><caption>What you may do, as the cluster says</caption><tbody>
${rows}
</tbody></table>
<h2>${count} ${count === 1 ? 'application' : 'applications'}</h2>
<ul>${names}</ul>`;
}

/** Sign-in with a bearer token of the cluster. */
export function tokenPage(action: string, problem = ''): string {
  return page(
    'Sign in with a token',
    html`${problem ? html`<p role="alert">${problem}</p>` : ''}
<form method="post" action="${action}">
<p><label for="token">Paste a token of a service account here</label></p>
<p><textarea id="token" name="token" rows="6" autocomplete="off" required autofocus></textarea></p>
<p><button>Sign in</button></p>
</form>`,
  );
}

/** Why somebody did not get in. */
export function failedPage(problem: string, retry: string): string {
  return page(
    'Sign-in failed',
    html`<p role="alert">${problem}</p>
<p><a href="${retry}">Try again</a></p>`,
  );
}

/** A page with a heading and a sentence. */
export function plainPage(title: string, sentence: string): string {
  return page(title, html`<p>${sentence}</p>`);
}
