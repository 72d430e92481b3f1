// A process that loads the libraries Kastellan is made of, and does nothing.
import { readFile } from 'node:fs/promises';

const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
await Promise.all(Object.keys(manifest.dependencies).map((name) => import(name)));
process.send?.('ready');
setInterval(() => undefined, 60_000);
