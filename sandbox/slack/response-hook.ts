import type { FastifyInstance } from 'fastify';
import { validateMessage } from './block-kit/validate.ts';
import { say } from './interactions.ts';
import { isJson, type Json, text } from './json.ts';
import { invalidBlocks, no, ok } from './method.ts';
import type { ResponseTarget } from './response-urls.ts';
import { withBlockIds } from './views.ts';
import type { World } from './world.ts';

/** Serves response URLs: what an app answers later to something a person did. */
export function serveResponseUrls(server: FastifyInstance, world: World): void {
  server.post<{ Params: { id: string } }>('/hooks/response/:id', async (request, reply) => {
    const body = isJson(request.body) ? request.body : {};
    world.traffic.add('from_app', 'response_url', request.params.id, body);
    const use = world.responseUrls.use(request.params.id);
    if (!use.ok) return reply.code(404).send(no(use.error));
    const refused = body['delete_original'] === true ? undefined : refusal(body);
    if (refused !== undefined) return reply.code(400).send(refused);
    await answer(world, use.target, body);
    return reply.send(ok());
  });
}

function refusal(body: Json): Json | undefined {
  if (text(body['text']) === '' && body['blocks'] === undefined) return no('no_text');
  const issues = validateMessage(body);
  return issues.length > 0 ? invalidBlocks(issues) : undefined;
}

async function answer(world: World, target: ResponseTarget, body: Json): Promise<void> {
  const at = { channel: target.channel, ts: target.messageTs };
  if (body['delete_original'] === true && target.messageTs !== undefined) {
    await world.emulator.call('chat.delete', at);
    return;
  }
  const blocks = body['blocks'] === undefined ? {} : { blocks: withBlockIds(body['blocks']) };
  if (body['replace_original'] === true && target.messageTs !== undefined) {
    await world.emulator.call('chat.update', { ...at, text: text(body['text']), ...blocks });
    return;
  }
  await say(world, target, { ...body, ...blocks });
}
