import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';
import { KastellanError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../domain/json.ts';
import { type AuthKeys, withDefaults } from '../../domain/setup/auth-values.ts';
import type { InstalledRelease } from '../../ports/releases.ts';
import { parseJson } from './values.ts';

/** A revision as Helm keeps it. */
export interface ReleaseRecord extends InstalledRelease {
  /** What `helm history` says of it. */
  readonly description: string;
  /** Every object that it made, as YAML, without its hooks. */
  readonly manifest: string;
}

const object = z.custom<JsonObject>((value) => isJsonObject(value as Json));

// Helm writes nothing for what it does not have.
// https://github.com/helm/helm/blob/main/pkg/release/v1/release.go
const RECORD = z.object({
  version: z.int().positive(),
  info: z.object({
    status: z.string().min(1),
    last_deployed: z.string().nullish(),
    description: z.string().nullish(),
  }),
  chart: z.object({
    metadata: z.object({ name: z.string(), version: z.string() }),
    values: object.nullish(),
  }),
  config: object.nullish(),
  manifest: z.string().nullish(),
});

const GZIP_START = Buffer.from([0x1f, 0x8b, 0x08]);
const unzip = promisify(gunzip);

/**
 * Reads what a Helm record (a Secret) has under `release`: JSON, in gzip, in base64, to which Kubernetes adds a base64 of its
 * own. Records from before Helm compressed them have no gzip, and Helm still reads such.
 * @throws KastellanError `helm.unknown`, without anything of the record, which holds secrets
 * @see https://github.com/helm/helm/blob/main/pkg/storage/driver/util.go
 */
export async function unpackRecord(packed: string): Promise<ReleaseRecord> {
  const bytes = Buffer.from(Buffer.from(packed, 'base64').toString(), 'base64');
  const isCompressed = bytes.subarray(0, GZIP_START.length).equals(GZIP_START);
  const json = isCompressed ? await unzip(bytes).catch(() => Buffer.from('')) : bytes;
  return parseRecord(json.toString());
}

/**
 * Reads that JSON.
 * @throws KastellanError `helm.unknown` where it tells no revision, status or chart: everything that follows depends on them
 */
export function parseRecord(json: string): ReleaseRecord {
  const { success, data } = RECORD.safeParse(parseJson(json));
  if (!success) throw unreadable();
  const { info, chart, config, manifest } = data;
  const values = config ?? {};
  const chartAuth = objectAt(chart.values ?? {}, 'auth');
  return {
    chart: chart.metadata.name,
    chartVersion: chart.metadata.version,
    revision: data.version,
    status: info.status,
    updatedAt: asIsoTime(info.last_deployed ?? ''),
    values,
    auth: withDefaults(objectAt(values, 'auth'), chartAuth),
    authKeys: keysOf(chartAuth),
    description: info.description ?? '',
    manifest: manifest ?? '',
  };
}

function keysOf(auth: JsonObject): AuthKeys {
  const modes = Object.entries(auth).filter(([, settings]) => isJsonObject(settings));
  return new Map(modes.map(([mode]) => [mode, new Set(Object.keys(objectAt(auth, mode)))]));
}

function asIsoTime(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}

function unreadable(): KastellanError {
  return new KastellanError({
    code: 'helm.unknown',
    message: 'Kastellan cannot read what Helm recorded about the release.',
    hint: 'Look whether "helm history" can. If so, this version of Helm writes its records in another way.',
  });
}
