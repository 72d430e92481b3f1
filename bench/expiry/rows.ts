import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SeedApplication } from '../../sandbox/entra/seed.ts';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import { createAuthority, writeAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { startChild } from '../children.ts';
import type { Measured, Row } from '../report.ts';
import { median } from '../statistics.ts';
import type { ReaderAnswer, ReaderOrder } from './reader.ts';

const APPLICATIONS = 10_000;
const TAG = 'kasten';
const OWN = { clientId: 'a57e11a4-0000-4000-8000-000000000001', text: 'bench-own-client-secret' };

interface Sample extends ReaderAnswer {
  readonly calls: number;
}

interface Pair {
  readonly plain: Sample;
  readonly kastellan: Sample;
}

/** What it takes to read when the credentials of a big tenant's applications end. */
export async function measureExpiry(quick: boolean): Promise<Measured> {
  const home = await mkdtemp(join(tmpdir(), 'kastellan-bench-'));
  const authority = await createAuthority();
  const [tls, caFile] = await Promise.all([authority.issue(), writeAuthority(authority, home)]);
  const entra = await startEntra({ tls, seed: { applications: [own(), ...bigTenant(tls.cert)] } });
  const pairs: Pair[] = [];
  for (let round = 0; round < (quick ? 3 : 7); round += 1) {
    // In turns, and every other round backwards.
    const first = round % 2 === 0 ? 'plain' : 'kastellan';
    const one = await readOnce(entra, caFile, first);
    const other = await readOnce(entra, caFile, first === 'plain' ? 'kastellan' : 'plain');
    pairs.push(first === 'plain' ? { plain: one, kastellan: other } : { plain: other, kastellan: one });
  }
  await entra.close();
  await rm(home, { recursive: true });
  return { rows: rowsOf(pairs), samples: { applications: APPLICATIONS, pairs } };
}

function own(): SeedApplication {
  const { clientId, text } = OWN;
  const permissions = ['Application.Read.All'];
  return { clientId, displayName: 'Kastellan', secrets: [{ text }], permissions };
}

/** Every application with two secrets, and every other with a certificate. */
function bigTenant(certificate: string): SeedApplication[] {
  return Array.from({ length: APPLICATIONS }, (_, index) => ({
    clientId: randomUUID(),
    displayName: `application ${index}`,
    servicePrincipal: false,
    secrets: [{ text: `one-${index}` }, { text: `two-${index}`, displayName: 'by hand' }],
    ...(index % 2 === 0 && { certificates: [certificate] }),
    properties: { tags: [TAG] },
  }));
}

async function readOnce(entra: Entra, caFile: string, way: ReaderOrder['way']): Promise<Sample> {
  const before = entra.requestLog.length;
  const reader = await startChild('./expiry/reader.ts', {
    NODE_EXTRA_CA_CERTS: caFile,
    NODE_OPTIONS: '--expose-gc',
  });
  const { url, tenantId } = entra;
  const { clientId, text: secret } = OWN;
  const order: ReaderOrder = { way, url, tenantId, clientId, secret, tag: TAG };
  const answer = (await reader.ask(order)) as ReaderAnswer;
  await reader.stop();
  const least = APPLICATIONS * 2.5;
  if (answer.applications < APPLICATIONS || answer.credentials < least) {
    throw new Error(`Read ${answer.credentials} credentials of ${answer.applications} applications only`);
  }
  const calls = entra.requestLog.slice(before).filter(({ url: path }) => path.startsWith('/v1.0/')).length;
  return { ...answer, calls };
}

function rowsOf(pairs: readonly Pair[]): Row[] {
  const of = (way: keyof Pair, figure: (sample: Sample) => number): number[] =>
    pairs.map((pair) => figure(pair[way]));
  const calls = of('kastellan', (sample) => sample.calls);
  const growth = of('kastellan', ({ growthMiB }) => growthMiB);
  const seconds = (way: keyof Pair): string => `${(median(of(way, ({ ms }) => ms)) / 1_000).toFixed(1)} s`;
  const subject = `expiry of ${APPLICATIONS} app registrations`;
  return [
    {
      name: `${subject}, Graph calls`,
      product: `${median(calls)} calls, ${seconds('kastellan')}`,
      baseline: `${median(of('plain', (sample) => sample.calls))} calls, ${seconds('plain')}, following the pages Graph gives unasked`,
      value: Math.max(...calls),
      atMost: 15,
    },
    {
      name: `${subject}, memory above before, MiB`,
      product: `${median(growth).toFixed(0)} MiB`,
      baseline: `${median(of('plain', ({ growthMiB }) => growthMiB)).toFixed(0)} MiB, keeping what Graph gives`,
      value: median(growth),
      atMost: 64,
      spread: [Math.min(...growth), Math.max(...growth)],
    },
  ];
}
