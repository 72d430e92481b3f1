// As much of Slack's Web API as opening a form needs, so that the stand-in costs next to nothing.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const calls: Record<string, number> = {};

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const method = request.url?.split(/[/?]/).at(2) ?? '';
    calls[method] = (calls[method] ?? 0) + 1;
    const user = new URLSearchParams(Buffer.concat(chunks).toString()).get('user') ?? '';
    response.writeHead(200, { 'content-type': 'application/json', 'x-oauth-scopes': 'commands' });
    response.end(JSON.stringify({ ok: true, ...answerTo(method, user) }));
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => process.send?.(calls));

function answerTo(method: string, user: string): object {
  if (method === 'auth.test') return { team_id: 'T0BENCH', team: 'bench', user_id: 'U0BOT', bot_id: 'B0BOT' };
  if (method === 'users.info')
    return {
      user: { id: user, name: user, team_id: 'T0BENCH', profile: { email: `${user}@contoso.example` } },
    };
  return {};
}
