import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** One command as Redis took it. */
export interface Seen {
  /** `127.0.0.1:40312`, or `lua` for what a script did. */
  readonly source: string;
  readonly words: readonly string[];
}

/**
 * Listens to every command a Redis takes.
 * @returns how to stop listening
 * @see https://redis.io/docs/latest/commands/monitor/
 */
export async function monitorRedis(port: number, heard: (seen: Seen) => void): Promise<() => void> {
  const socket: Socket = connect(port, '127.0.0.1');
  // Redis may be restarted while somebody listens; then there is just nothing more to hear.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    const head = /^\+[\d.]+ \[\d+ ([^\]]+)\] /.exec(line);
    if (head?.[1] === undefined) return;
    heard({ source: head[1], words: wordsOf(line.slice(head[0].length)) });
  });
  socket.write('MONITOR\r\n');
  await once(lines, 'line');
  return () => {
    lines.close();
    socket.destroy();
  };
}

function wordsOf(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) =>
    word.replaceAll(/\\(["\\])/g, '$1'),
  );
}
