import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// From 32768 on Linux takes ports for outgoing connections: such a port could be taken while its server is away, even by
// whoever tries to reach that server (https://docs.kernel.org/networking/ip-sysctl.html, ip_local_port_range).
const [FIRST, AFTER_LAST] = [20_000, 32_768];

/** A port of 127.0.0.1 on which nobody listens, for a program that cannot pick one itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, AFTER_LAST);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
