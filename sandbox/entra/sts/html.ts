import { escapeHtml } from '../../tools/escape-html.ts';

const style = `
  body { font: 16px/1.5 system-ui, sans-serif; background: #eef1f4; color: #1b1b1b; margin: 0; }
  main { max-width: 26rem; margin: 10vh auto; background: #fff; padding: 2rem; box-shadow: 0 2px 8px #0002; }
  h1 { font-size: 1.4rem; margin-top: 0; }
  label { display: block; margin: 1rem 0 .25rem; }
  input[type=text], input[type=password] { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem; }
  button { font: inherit; margin-top: 1rem; padding: .5rem 1.25rem; border: 0; background: #0a5fb4; color: #fff; cursor: pointer; }
  button.account { display: block; width: 100%; text-align: left; background: #e3ebf3; color: #1b1b1b; }
  :focus-visible { outline: 3px solid #f59f00; outline-offset: 2px; }
  .error { border-left: 4px solid #b3261e; padding-left: .75rem; }
  .note { color: #4a4a4a; }
`;

/** A whole page. `body` is HTML and must be escaped already. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main>${body}</main></body>
</html>`;
}
