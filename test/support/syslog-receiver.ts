import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

interface SyslogReceiver {
  readonly port: number;
  /** Whole messages, in the order in which they came. */
  readonly messages: string[];
  /** Resets every connection as soon as something comes, unread. */
  dying: boolean;
  /** Resolves when there are `count` messages. */
  taken(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A receiver of octet-counted syslog on 127.0.0.1; with a port it comes back where it was, with `tls` it speaks TLS. */
export async function startSyslogReceiver(
  port = 0,
  tls?: { readonly key: string; readonly cert: string },
): Promise<SyslogReceiver> {
  const waiting = new Set<() => void>();
  const open = new Set<Socket>();
  const onConnection = (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    if (receiver.dying) return void socket.resetAndDestroy();
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = takeMessages(Buffer.concat([rest, chunk]), receiver.messages);
      for (const wake of waiting) wake();
    });
  };
  const server = tls === undefined ? createServer(onConnection) : createTlsServer(tls, onConnection);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const receiver: SyslogReceiver = {
    port: (server.address() as AddressInfo).port,
    messages: [],
    dying: false,
    taken: (count) =>
      new Promise((resolve) => {
        const wake = () => {
          if (receiver.messages.length < count) return;
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
        wake();
      }),
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

function takeMessages(bytes: Buffer, messages: string[]): Buffer<ArrayBuffer> {
  let rest = Buffer.from(bytes);
  for (;;) {
    const length = /^(\d+) /.exec(rest.subarray(0, 12).toString('latin1'));
    const start = length?.[0].length ?? 0;
    const end = start + Number(length?.[1]);
    if (length === null || rest.length < end) return rest;
    messages.push(rest.subarray(start, end).toString());
    rest = rest.subarray(end);
  }
}
