import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Redis } from 'ioredis';

/** One command as Redis took it. */
export interface Seen {
  /** `127.0.0.1:40312`, or `lua` for what a script did. */
  readonly source: string;
  readonly words: readonly string[];
}

export interface Monitor {
  /** Resolves once everything was heard that Redis had taken before. */
  caughtUp(): Promise<void>;
  close(): void;
}

/**
 * Listens to every command a Redis takes.
 * @param redis a connection to it, for marks in what it takes
 * @see https://redis.io/docs/latest/commands/monitor/
 */
export async function monitorRedis(
  port: number,
  redis: Redis,
  heard: (seen: Seen) => void,
): Promise<Monitor> {
  const socket: Socket = connect(port, '127.0.0.1');
  const marks = new Map<string, () => void>();
  // Redis may be restarted while somebody listens; then there is just nothing more to hear.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    for (const pass of marks.values()) pass();
  });
  await once(socket, 'connect');
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    const head = /^\+[\d.]+ \[\d+ ([^\]]+)\] /.exec(line);
    if (head?.[1] === undefined) return;
    const words = wordsOf(line.slice(head[0].length));
    const pass = words[0] === 'echo' ? marks.get(words[1] ?? '') : undefined;
    if (pass === undefined) heard({ source: head[1], words });
    else pass();
  });
  socket.write('MONITOR\r\n');
  await once(lines, 'line');
  return {
    async caughtUp() {
      if (socket.closed) return;
      const mark = randomUUID();
      await new Promise<void>((pass) => {
        marks.set(mark, pass);
        redis.echo(mark).catch(() => pass());
      });
      marks.delete(mark);
    },
    close() {
      lines.close();
      socket.destroy();
    },
  };
}

function wordsOf(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) =>
    word.replaceAll(/\\(["\\])/g, '$1'),
  );
}
