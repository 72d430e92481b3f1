import { connect, isIP, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { KastellanError, LATER } from '../../domain/errors.ts';
import type { AuditSink } from '../../ports/audit-sinks.ts';
import { networkFailure } from '../network-failure.ts';
import { counted, syslogMessage } from './syslog-message.ts';

const TIMEOUT_MS = 20_000;

/**
 * Sends entries by syslog over TLS (RFC 5425), or over plain TCP on this machine.
 *
 * Syslog confirms nothing. So each batch has a connection of its own, which Kastellan ends and then waits for the receiver
 * to end: that is after everything was read. A receiver that dies before leaves a reset or silence, and gets the batch again.
 * @param url `syslog+tls://host:port` or `syslog+tcp://127.0.0.1:port`
 */
export function createSyslogSink(name: string, url: string): AuditSink {
  const { protocol, hostname: host, port } = new URL(url);
  const address = { host: host.replaceAll(/^\[|\]$/g, ''), port: Number(port) };
  const open = (): Socket =>
    protocol === 'syslog+tls:'
      ? connectTls({ ...address, ...(isIP(address.host) === 0 && { servername: address.host }) })
      : connect(address);
  return {
    name,
    async send(entries, signal) {
      const text = entries.map((entry) => counted(syslogMessage(entry, hostname()))).join('');
      try {
        await sendAndClose(open(), text, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
      } catch (thrown) {
        throw new KastellanError({
          code: 'audit.receiver-unreachable',
          message: `The syslog receiver of the audit log at ${address.host}:${port} does not take it (${networkFailure(thrown).code}).`,
          hint: 'Nothing is lost: it is sent again until it is taken.',
          retry: LATER,
        });
      }
    },
  };
}

function sendAndClose(socket: Socket, text: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let isRead = false;
    const give = () => socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('ended'));
    signal.addEventListener('abort', give, { once: true });
    socket.on('error', reject);
    // Only what is read shows the end.
    socket.resume();
    socket.on('end', () => {
      isRead = true;
    });
    socket.on('close', (failed) => {
      signal.removeEventListener('abort', give);
      if (isRead && !failed) resolve();
      else reject(new Error('the connection broke'));
    });
    socket.end(text);
  });
}
