import { parseArgs } from 'node:util';
import { type JSONValue, search } from '@jmespath-community/jmespath';
import { z } from 'zod';

/**
 * Azure's command line, as far as `deploy/entra` uses it, signed in as an administrator of the sandbox's tenant. Options
 * it does not know end it as they end the real one.
 * @see https://learn.microsoft.com/cli/azure/reference-index#az-rest
 */
const settings = z
  .object({ AZ_GRAPH_URL: z.url(), AZ_TENANT: z.string(), AZ_CLIENT: z.string(), AZ_SECRET: z.string() })
  .parse(process.env);

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    method: { type: 'string' },
    uri: { type: 'string' },
    body: { type: 'string' },
    // The real one takes several values after one --headers; further ones arrive as positionals here.
    headers: { type: 'string' },
    query: { type: 'string' },
    output: { type: 'string' },
  },
});

async function answer(): Promise<JSONValue> {
  const [first = '', second] = positionals;
  if (first === 'cloud' && second === 'show') {
    return { endpoints: { microsoftGraphResourceId: `${settings.AZ_GRAPH_URL}/` } };
  }
  if (first === 'account' && second === 'show') return { tenantId: settings.AZ_TENANT };
  if (first === 'rest') return rest(values.uri ?? '', positionals.slice(1));
  throw new Error(`'${positionals.join(' ')}' is misspelled or not recognized by the system.`);
}

async function rest(uri: string, moreHeaders: readonly string[]): Promise<JSONValue> {
  const given = [values.headers ?? [], moreHeaders].flat().map((text) => {
    const cut = text.indexOf('=');
    return [text.slice(0, cut), text.slice(cut + 1)];
  });
  const response = await fetch(uri, {
    method: values.method ?? 'GET',
    headers: { ...Object.fromEntries(given), authorization: `Bearer ${await token()}` },
    ...(values.body === undefined ? {} : { body: values.body }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}(${text})`);
  return text === '' ? null : (JSON.parse(text) as JSONValue);
}

async function token(): Promise<string> {
  const { AZ_GRAPH_URL, AZ_TENANT, AZ_CLIENT, AZ_SECRET } = settings;
  const response = await fetch(`${AZ_GRAPH_URL}/${AZ_TENANT}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: AZ_CLIENT,
      client_secret: AZ_SECRET,
      scope: `${AZ_GRAPH_URL}/.default`,
    }),
  });
  return z.object({ access_token: z.string() }).parse(await response.json()).access_token;
}

/** As `--output tsv` writes it: rows in lines, columns behind tabs, nothing for nothing. */
function tsv(value: JSONValue): string {
  if (value === null) return '';
  if (!Array.isArray(value)) return `${String(value)}\n`;
  return value.map((row) => `${Array.isArray(row) ? row.join('\t') : String(row)}\n`).join('');
}

const found = await answer();
if (values.output !== 'none') {
  const chosen = values.query === undefined ? found : search(found, values.query);
  process.stdout.write(values.output === 'tsv' ? tsv(chosen) : JSON.stringify(chosen));
}
