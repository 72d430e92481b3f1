// A process that loads the libraries Kastellan is made of, and does nothing. Those that send traces are loaded by no
// Kastellan unless it is told where to send them, so they are not what it is compared with.
import { readFile } from 'node:fs/promises';

const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
const used = Object.keys(manifest.dependencies).filter((name) => !name.startsWith('@opentelemetry/'));
await Promise.all(used.map((name) => import(name)));
process.send?.('ready');
setInterval(() => undefined, 60_000);
