import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Runs a job while no other process runs one under the same key. The lock is a socket without a file (Linux: a name that
 * begins with NUL), so it ends with its holder, however that dies; who comes second waits for that without polling.
 * @see https://man7.org/linux/man-pages/man7/unix.7.html (abstract addresses)
 */
export async function oneAtATime<Result>(key: string, job: () => Promise<Result>): Promise<Result> {
  const release = await hold(`\0kastellan-${key}`);
  try {
    return await job();
  } finally {
    await release();
  }
}

async function hold(address: string): Promise<() => Promise<void>> {
  for (;;) {
    const server = createServer();
    const waiting = new Set<{ destroy(): void }>();
    server.on('connection', (socket) => {
      waiting.add(socket);
      socket.on('error', () => undefined);
    });
    try {
      server.listen(address);
      await once(server, 'listening');
      return async () => {
        const closed = once(server, 'close');
        server.close();
        for (const socket of waiting) socket.destroy();
        await closed;
      };
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw problem;
      await untilGone(address);
    }
  }
}

async function untilGone(address: string): Promise<void> {
  const socket = connect(address);
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
}
