import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import proxy from '@fastify/http-proxy';
import fastify, { type FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import type { Faults } from './faults.ts';
import { loadPage } from './page.ts';
import { PageSockets } from './page-sockets.ts';
import { serveResponseUrls } from './response-hook.ts';
import { serveUploads } from './serve-uploads.ts';
import { serveWebApi } from './web-api.ts';
import type { World } from './world.ts';

/** What the page needs of local-slack itself: files that people attach to messages. Nothing else of it is reachable. */
const FROM_EMULATOR = ['/_control/upload', '/files'];

/**
 * The one address that browsers and the app talk to. It serves the Web API, response URLs, Socket Mode and the page
 * itself, and hands files to local-slack. Call `listen` on what comes back.
 */
export async function createFront(world: World, faults: Faults): Promise<FastifyInstance> {
  const server = fastify({ forceCloseConnections: true, bodyLimit: 5 * 1024 * 1024 });
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  serveWebApi(server, world, faults);
  serveResponseUrls(server, world);
  await serveUploads(server, world);

  const page = await loadPage(world.emulator.url);
  for (const url of ['/', '/archives/*']) {
    server.get(url, (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  }
  server.get('/favicon.ico', (_request, reply) => reply.code(204).send());
  for (const prefix of FROM_EMULATOR) {
    await server.register(proxy, { upstream: world.emulator.url, prefix, rewritePrefix: prefix });
  }

  const upgrades = new WebSocketServer({ noServer: true });
  const pages = new PageSockets(world);
  server.server.on('upgrade', (request, socket, head) => {
    const accept = acceptorOf(request, world, pages);
    if (accept === undefined) return refuse(socket);
    upgrades.handleUpgrade(request, socket, head, accept);
  });
  server.addHook('onClose', async () => {
    pages.close();
    upgrades.close();
  });
  return server;
}

function acceptorOf(request: IncomingMessage, world: World, pages: PageSockets) {
  const { pathname, searchParams } = new URL(request.url ?? '/', world.url);
  if (pathname === '/link/' && world.sockets.redeem(searchParams.get('ticket') ?? '')) {
    return world.sockets.accept.bind(world.sockets);
  }
  // Any website could open a socket to this machine; only our own page may act as people.
  if (pathname === '/ui' && request.headers.origin === `http://${request.headers.host}`) {
    return pages.accept.bind(pages);
  }
  return undefined;
}

function refuse(socket: Duplex): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
