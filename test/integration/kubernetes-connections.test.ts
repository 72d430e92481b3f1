import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { dump } from 'js-yaml';
import { createAuthority, writeAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { connect } from '../../src/adapters/kubernetes/connection.ts';
import { find } from '../../src/adapters/kubernetes/errors.ts';
import { failureOf } from '../support/failure-of.ts';

const VERSION = '{"gitVersion":"v1.35.4"}';

let home: string;
let server: Server;
let connections = 0;
let caFile: string;
let kubeconfigPath: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kastellan-connections-'));
  const authority = await createAuthority();
  caFile = await writeAuthority(authority, home);
  server = createServer(await authority.issue(), (request, response) => {
    const [type, body] = request.url?.startsWith('/version')
      ? ['application/json', VERSION]
      : ['text/html', '<html>'];
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  server.on('secureConnection', () => {
    connections += 1;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  kubeconfigPath = join(home, 'kubeconfig.yaml');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  await writeFile(
    kubeconfigPath,
    dump({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'one', cluster: { server: url, 'certificate-authority': caFile } }],
      users: [{ name: 'somebody', user: { token: 'a-token' } }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'somebody' } }],
      'current-context': 'one',
    }),
  );
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(home, { recursive: true });
});

it('a web page that comes in place of an object is no object', async () => {
  const { core } = connect({ kubeconfigPath });
  const call = { verb: 'get', resource: 'namespaces', name: 'kasten-io' };
  expect(await failureOf(find(call, () => core.readNamespace({ name: 'kasten-io' })))).toMatchObject({
    code: 'kubernetes.unexpected-answer',
    retry: { when: 'later' },
  });
});

it('calls to a cluster share connections, until their certificate is trusted no more', async () => {
  const before = connections;
  const { version } = connect({ kubeconfigPath });
  for (let call = 0; call < 10; call += 1) await version.getCode();
  // One, or one more where a call came before the last answer was put away.
  expect(connections - before).toBeLessThanOrEqual(2);
  await writeFile(caFile, (await createAuthority()).certificate);
  await expect(version.getCode()).rejects.toThrow('fetch failed');
});
