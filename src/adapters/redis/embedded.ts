import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { Redis } from 'ioredis';
import { KastellanError } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { Log } from '../../ports/telemetry.ts';
import { lockFolder } from './folder-lock.ts';
import { endOrphan } from './orphan.ts';

export interface EmbeddedRedisOptions {
  /** Folder for its data; made if it is not there. */
  readonly dataDir: string;
  /** Name or path of redis-server. Default: `redis-server`. */
  readonly binary?: string;
  /** Where the binary is looked for, as in PATH. */
  readonly path?: string;
  readonly log: Log;
}

export interface EmbeddedRedis {
  readonly url: Secret;
  /** Resolves when redis-server ended although nobody stopped it. */
  readonly died: Promise<KastellanError>;
  stop(): Promise<void>;
}

const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/opt/homebrew/bin';
const PID_FILE = 'redis.pid';
const KEPT_OUTPUT = 2_000;
const START_ATTEMPTS = 3;
const CHECK_EVERY_MS = 25;

/**
 * Starts a redis-server of Kastellan's own: on loopback, behind a random password, with an append-only file in the data
 * folder. Its configuration goes over stdin, so the password is in no file, argument or environment variable
 * (https://redis.io/docs/latest/operate/oss_and_stack/management/config/).
 * @throws KastellanError `embedded-redis.missing`, `embedded-redis.folder-in-use`, `embedded-redis.failed`
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const folder = await realpath(options.dataDir);
  const port = await freePort();
  const lock = await lockFolder(folder, port);
  try {
    if (lock.leftBehind !== undefined && (await endOrphan(join(folder, PID_FILE), lock.leftBehind.port))) {
      options.log.warn({ folder }, 'Ended the redis-server that a killed Kastellan had left behind');
    }
    const server = await start(options, folder, port);
    options.log.info({ folder, port }, 'No Redis is configured: a private redis-server keeps the data here');
    return {
      url: server.url,
      died: server.died,
      async stop() {
        await server.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Server {
  readonly url: Secret;
  readonly died: Promise<KastellanError>;
  stop(): Promise<void>;
}

async function start(options: EmbeddedRedisOptions, folder: string, port: number): Promise<Server> {
  const password = randomBytes(24).toString('hex');
  const child = launch(options, configuration(folder, port, password));
  const output = keepOutput(child.stdout);
  const kill = (): void => void child.kill('SIGTERM');
  process.once('exit', kill);
  let stopping = false;
  const ended = child.then((result) => {
    process.removeListener('exit', kill);
    return endOf(result, output(), options.binary);
  });
  try {
    await answers(port, password, ended);
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  }
  const died = ended.then((error) => {
    // Nobody is told about an end that was asked for.
    if (stopping) return new Promise<KastellanError>(() => undefined);
    options.log.error({ folder }, 'The private redis-server has ended by itself', error);
    return error;
  });
  return {
    url: new Secret(`redis://:${password}@127.0.0.1:${port}`),
    died,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await ended;
    },
  };
}

// In a process group of its own, so that Ctrl-C reaches Kastellan alone, which then stops Redis last.
function launch(options: EmbeddedRedisOptions, config: string) {
  return execa(options.binary ?? 'redis-server', ['-'], {
    input: config,
    env: { PATH: options.path ?? USUAL_PATH },
    extendEnv: false,
    detached: true,
    reject: false,
    buffer: false,
    stderr: 'ignore',
    // Redis saves on SIGTERM; killing it earlier would only lose what it writes then.
    forceKillAfterDelay: 30_000,
  });
}

function configuration(folder: string, port: number, password: string): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    // JSON's quoting is also that of redis.conf.
    `dir ${JSON.stringify(folder)}`,
    `pidfile ${JSON.stringify(join(folder, PID_FILE))}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    'loglevel warning',
    'daemonize no',
  ];
  return `${lines.join('\n')}\n`;
}

function keepOutput(stream: NodeJS.ReadableStream): () => string {
  let kept = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    kept = (kept + text).slice(-KEPT_OUTPUT);
  });
  return () => kept.trim();
}

function endOf(
  result: { code?: string | undefined; exitCode?: number | undefined; signal?: string | undefined },
  output: string,
  binary = 'redis-server',
): KastellanError {
  if (result.code === 'ENOENT' || result.code === 'EACCES') return missing(binary);
  const how = result.signal === undefined ? `with code ${result.exitCode}` : `by ${result.signal}`;
  return new KastellanError({
    code: 'embedded-redis.failed',
    message: `The private redis-server ended ${how}.`,
    hint: output === '' ? 'Start Kastellan again.' : `Its last words: ${lastLine(output)}`,
    cause: output,
  });
}

function lastLine(output: string): string {
  return output.split('\n').at(-1) ?? '';
}

function missing(binary: string): KastellanError {
  return new KastellanError({
    code: 'embedded-redis.missing',
    message: `Kastellan has no Redis: KASTELLAN_REDIS_URL is not set, and ${binary} is not installed here.`,
    hint: 'Install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), or set KASTELLAN_REDIS_URL to a Redis 6.2 or later.',
  });
}

// Ready means that the data is loaded: until then Redis answers every command with LOADING.
async function answers(port: number, password: string, ended: Promise<KastellanError>): Promise<void> {
  const probe = new Redis({ host: '127.0.0.1', port, password, retryStrategy: () => CHECK_EVERY_MS });
  probe.on('error', () => undefined);
  const ready = new Promise<undefined>((resolve) => probe.once('ready', () => resolve(undefined)));
  try {
    const failure = await Promise.race([ready, ended]);
    if (failure !== undefined) throw failure;
  } finally {
    probe.disconnect();
  }
}

// Redis cannot pick a port itself. Between choosing and using it somebody else may take it: then the start fails.
async function freePort(): Promise<number> {
  for (let attempt = 1; attempt <= START_ATTEMPTS; attempt += 1) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    if (address !== null && typeof address !== 'string') return address.port;
    await pause(CHECK_EVERY_MS);
  }
  throw new KastellanError({ code: 'embedded-redis.failed', message: 'No port is free on 127.0.0.1.' });
}
