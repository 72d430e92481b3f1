import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';

// Distributions' own Go is often too old even to fetch a newer one. The proxy for Go modules, which the build needs
// anyway, has every Go as a module: https://go.dev/doc/toolchain#select
const NAME = 'v0.0.1-go1.26.8.linux-amd64';
const SHA256 = '30c2b1bf7dcc88d3eb0a1364e47ddd9128edb3110a30e8a0ef61cd5856b31de7';
const folder = fileURLToPath(new URL(`../../.cache/go/${NAME}`, import.meta.url));

/**
 * Fetches Go (70 MB) once and gives the path of its command.
 * @throws Error when this is another kind of machine, the proxy cannot be reached, or it gives something else
 */
export async function fetchGo(): Promise<string> {
  const command = join(folder, 'bin', 'go');
  if (await exists(command)) return command;
  if (`${process.platform}-${process.arch}` !== 'linux-x64')
    throw new Error('only Linux on x64 is known here');
  process.stderr.write('Fetching Go for the tests, this once\n');
  const archive = await download(`${proxy()}/golang.org/toolchain/@v/${NAME}.zip`);
  const digest = createHash('sha256').update(archive).digest('hex');
  if (digest !== SHA256) throw new Error(`the toolchain has the checksum ${digest}, not ${SHA256}`);
  const draft = `${folder}.${randomUUID()}`;
  await unpack(archive, draft);
  // Somebody else may have been faster: then theirs stays.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
  return command;
}

/** The first proxy that GOPROXY names, or the public one. */
function proxy(): string {
  const named = (process.env['GOPROXY'] ?? '').split(/[,|]/).find((entry) => entry.startsWith('http'));
  return (named ?? 'https://proxy.golang.org').replace(/\/$/, '');
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function unpack(archive: Uint8Array, target: string): Promise<void> {
  const root = `golang.org/toolchain@${NAME}/`;
  for (const [name, content] of Object.entries(unzipSync(archive))) {
    // No module may hold another's go.mod, so the toolchain's own have this name in it.
    const path = name.slice(root.length).replace(/(^|\/)_go\.mod$/, '$1go.mod');
    if (!name.startsWith(root) || path.split('/').includes('..')) throw new Error(`what is ${name}?`);
    const file = join(target, path);
    await mkdir(dirname(file), { recursive: true });
    // The archive does not say what can be run.
    await writeFile(file, content, { mode: /^(bin|pkg\/tool)\//.test(path) ? 0o755 : 0o644 });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
