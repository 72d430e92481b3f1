import { setTimeout as pause } from 'node:timers/promises';
import { type AuditEntry, type AuditEvent, chainEntry } from '../../domain/audit/audit.ts';
import { type AuditKeys, auditKeys } from '../../domain/audit/audit-key.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { INDEX_ENTRY, indexesOfEvent } from './audit-index.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { auditEntrySchema } from './schemas.ts';
import { parseStored } from './stored.ts';

const GIVE_UP_AFTER_MS = 10_000;
const MAX_PAUSE_MS = 25;

/** What else has to happen with the entry, all or nothing. */
export interface LinkedWrite {
  /** Lua that runs before anything is written; it may `return {'conflict'}`. Its keys start at KEYS[K + 1], its values at ARGV[A + 1]. */
  readonly check: string;
  /** Lua that writes; it must not be able to fail. */
  readonly write: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

export type LinkedResult = { readonly written: AuditEntry } | { readonly conflict: true };

interface Head {
  /** What the head key holds, '' for nothing: the script compares it. */
  readonly raw: string;
  readonly last: { readonly sequence: number; readonly hash: string } | undefined;
}

/**
 * Appends to the audit log and its indexes, alone or in one transaction with another write. Hashes are computed here, because the key may
 * not come near Redis, so the script only
 * accepts an entry if the head it was chained to is still the head; otherwise it is chained again to the new one.
 * Writers of one process take turns, so only other processes can get in between.
 */
export class AuditChain {
  readonly #redis: RedisClient;
  readonly clock: Clock;
  readonly keys: AuditKeys;
  #known: Head | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(redis: RedisClient, clock: Clock, keys: AuditKeys = auditKeys()) {
    this.#redis = redis;
    this.clock = clock;
    this.keys = keys;
  }

  /**
   * @throws KastellanError `audit.busy` (worth a later try) when other processes keep getting in between for ten seconds,
   *   `audit.damaged` when entries lie behind the head, `redis.*`
   */
  append(event: AuditEvent): Promise<AuditEntry>;
  append(event: AuditEvent, linked: LinkedWrite): Promise<LinkedResult>;
  async append(event: AuditEvent, linked?: LinkedWrite): Promise<AuditEntry | LinkedResult> {
    const turn = this.#turn.then(() => this.#append(event, linked ?? NOTHING));
    this.#turn = turn.catch(() => undefined);
    const result = await turn;
    return linked === undefined && 'written' in result ? result.written : result;
  }

  async #append(event: AuditEvent, linked: LinkedWrite): Promise<LinkedResult> {
    let head = this.#known ?? (await this.#readHead());
    // Whatever happens next, the head is only known again when Redis has confirmed it.
    this.#known = undefined;
    const deadline = performance.now() + GIVE_UP_AFTER_MS;
    for (let attempt = 1; performance.now() < deadline; attempt += 1) {
      const entry = chainEntry(event, this.clock.now().toISOString(), head.last, this.keys.current);
      const [answer, raw] = await this.#run(head, entry, linked);
      if (answer === 'written') {
        this.#known = { raw: headText(entry), last: entry };
        return { written: entry };
      }
      if (answer === 'conflict') return { conflict: true };
      if (answer === 'damaged') throw damaged();
      head = raw === undefined || raw === '' ? await this.#readHead() : parseHead(raw);
      if (attempt > 3) await pause(Math.random() * Math.min(MAX_PAUSE_MS, attempt));
    }
    throw busy();
  }

  async #run(head: Head, entry: AuditEntry, linked: LinkedWrite): Promise<[string, string | undefined]> {
    const indexes = indexesOfEvent(entry);
    const keys = [KEYS.auditHead, KEYS.auditEntries, KEYS.auditIndexed, ...indexes, ...linked.keys];
    const values = [
      head.raw,
      String(entry.sequence),
      JSON.stringify(entry),
      headText(entry),
      String(indexes.length),
      ...linked.values,
    ];
    const parts = [OWN_ARGUMENTS, CHECK_HEAD, linked.check, APPEND, INDEX_ENTRY, linked.write];
    const script = [...parts, "return {'written'}"].join('\n');
    const answer = await withRedis(() => this.#redis.eval(script, keys.length, ...keys, ...values));
    const [word, raw] = Array.isArray(answer) ? answer.map(String) : [];
    return [word ?? '', raw];
  }

  // A head that was removed by hand is found again at the end of the entries; `verify` still tells that it was gone.
  async #readHead(): Promise<Head> {
    const raw = await withRedis(() => this.#redis.get(KEYS.auditHead));
    if (raw !== null) return parseHead(raw);
    const [newest] = await withRedis(() => this.#redis.xrevrange(KEYS.auditEntries, '+', '-', 'COUNT', 1));
    return { raw: '', last: newest === undefined ? undefined : parseEntry(newest) };
  }
}

const NOTHING: LinkedWrite = { check: '', write: '', keys: [], values: [] };

// How many keys and values are the chain's own.
const OWN_ARGUMENTS = 'local seq, I = tonumber(ARGV[2]), tonumber(ARGV[5])\nlocal K, A = 3 + I, 5';

const CHECK_HEAD = `
local head = redis.call('GET', KEYS[1]) or ''
if head ~= ARGV[1] then return {'moved', head} end`;

// XADD refuses an id that is not above the newest one; it comes first because Redis undoes nothing after an error.
const APPEND = `
local added = redis.pcall('XADD', KEYS[2], ARGV[2] .. '-0', 'entry', ARGV[3])
if type(added) == 'table' and added.err then
  if string.find(added.err, 'equal or smaller') then return {'damaged'} end
  return added
end
redis.call('SET', KEYS[1], ARGV[4])`;

/** The head as it is stored: `<sequence>:<hash>`. */
export function headText(entry: { readonly sequence: number; readonly hash: string }): string {
  return `${entry.sequence}:${entry.hash}`;
}

function parseHead(raw: string): Head {
  const [sequence, hash] = raw.split(':');
  const number = Number(sequence);
  if (!Number.isSafeInteger(number) || hash === undefined) throw damaged();
  return { raw, last: { sequence: number, hash } };
}

/**
 * One entry of the stream, as XRANGE gives it.
 * @throws KastellanError `store.corrupt`
 */
export function parseEntry([id, fields]: readonly [id: string, fields: readonly string[]]): AuditEntry {
  return parseStored(auditEntrySchema, fields[1] ?? '', `audit entry ${id}`);
}

function damaged(): KastellanError {
  return new KastellanError({
    code: 'audit.damaged',
    message: 'The audit log was changed from outside, so nothing can be added to it.',
    hint: `Run the audit check, then restore ${KEYS.auditHead} and ${KEYS.auditEntries} from a backup.`,
  });
}

function busy(): KastellanError {
  return new KastellanError({
    code: 'audit.busy',
    message: 'Too much is being written to the audit log at once.',
    hint: 'Nothing was changed; try again in a moment.',
    retry: { when: 'later', afterMs: 500 },
  });
}
