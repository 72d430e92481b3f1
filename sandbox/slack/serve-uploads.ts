import type { FastifyInstance } from 'fastify';
import type { World } from './world.ts';

/** Serves the addresses to which apps send a file's bytes: raw or as a form, without a token, once. */
export async function serveUploads(server: FastifyInstance, world: World): Promise<void> {
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post<{ Params: { ticket: string } }>('/upload/v1/:ticket', async (request, reply) => {
      const upload = world.uploads.at(request.params.ticket);
      if (upload === undefined || upload.uploaded) return reply.code(404).send('Not found');
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const bytes = await fileIn(body, request.headers['content-type'] ?? '');
      world.traffic.add('from_app', 'upload', upload.fileId, { bytes: bytes.length });
      if (bytes.length !== upload.length) return reply.code(400).send('Bad upload');
      const kept = await fetch(upload.emulatorUrl, { method: 'POST', body: new Uint8Array(bytes) });
      if (!kept.ok) return reply.code(kept.status).send(await kept.text());
      upload.uploaded = true;
      return reply.type('text/plain').send(`OK - ${bytes.length}`);
    });
  });
}

/** The file itself: all that was sent, or the one file of a form. */
async function fileIn(body: Buffer, contentType: string): Promise<Buffer> {
  if (!contentType.startsWith('multipart/form-data')) return body;
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  }).formData();
  const file = [...form.values()].find((part) => typeof part !== 'string');
  return file === undefined ? Buffer.alloc(0) : Buffer.from(await file.arrayBuffer());
}
