import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { findGo } from './go.ts';
import { oneAtATime } from './one-at-a-time.ts';

const source = fileURLToPath(new URL('.', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/control-plane', import.meta.url));
// No inlining, and nothing for debuggers: a third less to compile, for programs that only wait in tests.
const QUICKLY = ['-gcflags=all=-l -dwarf=false'];
const SOURCES = ['go.mod', 'go.sum', 'main.go'];

/**
 * Builds the one program that is every part of the control plane, unless it is in the cache, and gives the folder that
 * has it under each of the names. The first time takes some minutes and the network; nothing is built twice at once.
 * @throws Error when there is no Go, or with the compiler's words
 */
export async function buildPrograms(names: readonly string[]): Promise<string> {
  const texts = await Promise.all(SOURCES.map((name) => readFile(join(source, name), 'utf8')));
  const key = createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16);
  const folder = join(cache, key);
  if (await exists(folder)) return folder;
  return oneAtATime(`control-plane-${key}`, async () => {
    if (await exists(folder)) return folder;
    const draft = join(cache, `.${randomUUID()}`);
    await mkdir(draft, { recursive: true });
    try {
      await compile(join(draft, 'control-plane'), kubernetesVersion(texts[0] ?? ''));
      for (const name of names) await symlink('control-plane', join(draft, name));
      await rename(draft, folder);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return folder;
  });
}

/** From go.mod, such as `v1.35.4`. */
function kubernetesVersion(goMod: string): string {
  const version = /^\s*k8s\.io\/kubernetes (v\d+\.\d+\.\d+)$/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error('go.mod names no version of k8s.io/kubernetes');
  return version;
}

async function compile(target: string, version: string): Promise<void> {
  const go = await findGo();
  process.stderr.write(
    `Building the Kubernetes ${version} control plane for the tests, this once (some minutes)\n`,
  );
  // Without them the API server calls itself v0.0.0-master, which a chart that names its oldest Kubernetes refuses.
  const [major = '', minor = ''] = version.slice(1).split('.');
  const facts = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const flags = Object.entries(facts).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  const build = ['build', '-trimpath', ...QUICKLY, '-ldflags', `-s -w ${flags.join(' ')}`, '-o', target, '.'];
  // A compiler that collects its garbage less often takes a tenth less time.
  const env = { ...go.environment, CGO_ENABLED: '0', GOGC: '800' };
  await execa(go.command, build, { cwd: source, env, stdout: 'inherit', stderr: 'inherit' });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
