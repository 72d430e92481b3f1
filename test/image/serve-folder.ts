// Serves the files of a folder on a free port of 127.0.0.1 and prints the port.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

const folder = process.argv[2] ?? '.';
const server = createServer((request, response) => {
  const path = join(folder, basename(request.url ?? '/'));
  if (existsSync(path)) createReadStream(path).pipe(response);
  else response.writeHead(404).end();
}).listen(0, '127.0.0.1', () => {
  process.stdout.write(String((server.address() as AddressInfo).port));
});
