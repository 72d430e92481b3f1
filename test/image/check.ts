// Builds the image and lives in it: `make image`. Needs root, and some minutes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import { trustAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { Transcript } from '../../sandbox/tour/transcript.ts';
import { walkSetup } from '../../sandbox/tour/walk.ts';
import { startSandbox } from '../../sandbox/world.ts';
import { startTestRedis } from '../support/redis.ts';

const BUILD = fileURLToPath(new URL('build-image', import.meta.url));
const ENTER = fileURLToPath(new URL('enter-image', import.meta.url));
const LOCK = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
const SHELLS = [
  'bin/sh',
  'bin/bash',
  'bin/dash',
  'usr/bin/sh',
  'usr/bin/bash',
  'usr/bin/dash',
  'bin/busybox',
];

const imageSchema = z.object({
  OCIv1: z.object({
    config: z.object({
      User: z.string(),
      Env: z.array(z.string()),
      Entrypoint: z.array(z.string()),
      WorkingDir: z.string(),
      StopSignal: z.string(),
      Labels: z.record(z.string(), z.string()),
    }),
  }),
});

const folder = await mkdtemp(join(tmpdir(), 'kastellan-image-'));
const script = new Transcript((line) => process.stdout.write(`${line}\n`));
try {
  await execa(BUILD, [folder], { stdio: 'inherit' });
  await look();
  await live();
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write(`\n${script.held} proofs held, ${script.failed} failed\n`);
process.exit(script.failed === 0 ? 0 : 1);

async function settings() {
  const text = await readFile(join(folder, 'image.json'), 'utf8');
  return imageSchema.parse(JSON.parse(text)).OCIv1.config;
}

async function look(): Promise<void> {
  script.chapter('What is in the image');
  const root = join(folder, 'root');
  const { User, Entrypoint, StopSignal, Labels } = await settings();
  script.proves('its user is not root', User === '65532:65532', User);
  script.proves('the program is started without a shell', Entrypoint[0] === 'node', Entrypoint);
  script.proves('it is stopped by SIGTERM', StopSignal === 'SIGTERM', StopSignal);
  const revision = Labels['org.opencontainers.image.revision'];
  script.proves('it names the commit it was built from', /^[0-9a-f]{40}$/.test(revision ?? ''), Labels);
  const shells = SHELLS.filter((path) => existsSync(join(root, path)));
  script.proves('there is no shell', shells.length === 0, shells);
  const { stdout: open } = await execa('find', [
    root,
    '-xdev',
    '-perm',
    '/6000',
    '-o',
    '-perm',
    '-0002',
    '-type',
    'f',
  ]);
  script.proves('no file lends rights, and none may be written by everybody', open === '', open);
  const packages = await readdir(join(root, 'app/node_modules'));
  const lock = z
    .object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) })
    .parse(JSON.parse(await readFile(LOCK, 'utf8')));
  const left = packages.filter((name) => lock.packages[`node_modules/${name}`]?.dev === true);
  script.proves('no development dependency is in it', left.length === 0, left);
  const sbom = z
    .object({ bomFormat: z.literal('CycloneDX'), components: z.array(z.object({ name: z.string() })) })
    .parse(JSON.parse(await readFile(join(root, 'app/sbom.cdx.json'), 'utf8')));
  const listed = new Set(sbom.components.map(({ name }) => name));
  const unlisted = packages.filter(
    (name) => !name.startsWith('.') && !name.startsWith('@') && !listed.has(name),
  );
  script.proves('the bill of materials lists every package', unlisted.length === 0, unlisted);
}

async function live(): Promise<void> {
  script.chapter('Kastellan in it: not root, on a read-only file system, as process 1');
  const home = join(folder, 'home');
  await mkdir(home);
  const redis = await startTestRedis();
  const world = await startSandbox({ home, secretAcceptedAfterMs: 500 });
  trustAuthority(world.authority);
  const {
    KASTELLAN_HELM: _path,
    KASTELLAN_DATA_DIR: _folder,
    PATH: _search,
    ...environment
  } = world.environment;
  await execa('chown', ['-R', '65532:65532', home]);
  const kastellan = await enter({
    ...environment,
    KASTELLAN_REDIS_URL: redis.url,
    KASTELLAN_HOST: '127.0.0.1',
    KASTELLAN_HEALTH_PORT: '0',
  });
  try {
    const live = await fetch(`http://127.0.0.1:${kastellan.healthPort}/livez`);
    script.proves('/livez answers', live.status === 200, live.status);
    const ready = await fetch(`http://127.0.0.1:${kastellan.healthPort}/readyz`);
    script.proves('/readyz answers', ready.status === 200, await ready.text());
    const status = await readFile(`/proc/${kastellan.pid}/status`, 'utf8');
    script.proves('it runs as 65532', /^Uid:\s+65532\s+65532\s+65532\s+65532$/m.test(status), status);
    script.proves('it is process 1 of its own', /^NSpid:.*\s1$/m.test(status), status);
    const mounts = await readFile(`/proc/${kastellan.pid}/mounts`, 'utf8');
    script.proves('its root is read-only', /^\S+ \/ \S+ ro\b/m.test(mounts), mounts);
    await walkSetup(world, script);
    process.kill(kastellan.pid, 'SIGTERM');
    script.proves('SIGTERM ends it in order', (await kastellan.ended) === 0, await kastellan.ended);
  } catch (thrown) {
    process.stdout.write(await readFile(join(folder, 'kastellan.log'), 'utf8'));
    throw thrown;
  } finally {
    if (kastellan.child.exitCode === null) process.kill(kastellan.pid, 'SIGKILL');
    await world.close();
    await redis.stop();
  }
}

interface Entered {
  readonly child: ChildProcess;
  /** Of Kastellan itself, as the machine numbers it. */
  readonly pid: number;
  readonly healthPort: number;
  readonly ended: Promise<number | null>;
}

/** Starts what the image starts, with its own environment and this on top; resolves once Kastellan is ready. */
async function enter(environment: Readonly<Record<string, string>>): Promise<Entered> {
  const { Entrypoint, Env, User, WorkingDir } = await settings();
  const variables = [...Env, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
  const child = spawn(ENTER, [folder, User, WorkingDir, ...Entrypoint], {
    // Only in the environment: arguments would be there for everybody to read.
    env: { PATH: process.env['PATH'] ?? '', IMAGE_ENVIRONMENT: variables.join('\n') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(folder, 'kastellan.log'));
  let said = '';
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log.write(chunk);
        said = (said + chunk.toString()).slice(-4_000);
        if (said.includes('Kastellan is ready')) resolve();
      });
    }
  });
  const first = await Promise.race([ready, ended]);
  if (first !== undefined) throw new Error(`Kastellan ended with ${first}:\n${said}`);
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  const healthPort = Number(/"health":(\d+)/.exec(said)?.[1]);
  return { child, pid: Number(children.trim()), healthPort, ended };
}
