import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { entraHosts } from '../../src/adapters/entra/clouds.ts';
import { createDirectory } from '../../src/adapters/entra/directory.ts';
import type { Directory } from '../../src/ports/directory.ts';
import { GIVEN_CREDENTIAL, trustedServer } from '../support/entra-adapter.ts';
import { failureOf } from '../support/failure-of.ts';

const GROUP = { id: 'g-1', displayName: 'Kasten Users', securityEnabled: true };

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Line {
  readonly directory: Directory;
  /** Method and path of each request that came. */
  readonly asked: string[];
  /** How long it waited before each repetition, in milliseconds. */
  readonly pauses: number[];
}

/** A Graph of which each request gets the next of these answers. */
async function graphThat(...answers: readonly ((response: ServerResponse) => void)[]): Promise<Line> {
  const asked: string[] = [];
  const pauses: number[] = [];
  server = createServer(await trustedServer, (request, response) => {
    const answer = answers[asked.length];
    asked.push(`${request.method} ${request.url}`);
    request.resume().once('end', () => (answer ?? tells({}))(response));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const directory = createDirectory({
    hosts: entraHosts('global', { login: url, graph: url }),
    credential: GIVEN_CREDENTIAL,
    time: { now: () => Date.now(), sleep: async (ms) => void pauses.push(ms) },
  });
  return { directory, asked, pauses };
}

function tells(body: object): (response: ServerResponse) => void {
  return (response) => void response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
}

/** Begins to answer, and is gone in the middle of it. */
function breaksOff(status: number): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"id":', () => response.destroy());
  };
}

describe('An answer of Graph that breaks off', () => {
  it.each([200, 404])('is asked for again where that does no harm, after a %i as well', async (status) => {
    const { directory, asked } = await graphThat(breaksOff(status), tells(GROUP));
    expect(await directory.findGroup({ objectId: 'g-1' })).toMatchObject({ objectId: 'g-1' });
    expect(asked).toHaveLength(2);
  });

  it('to what must not be done twice is a failure with words, worth a later try', async () => {
    const { directory, asked } = await graphThat(breaksOff(200));
    const failure = await failureOf(
      directory.addSecret('a-1', { displayName: 'kastellan', endsAt: '2027-01-01T00:00:00Z' }),
    );
    expect(failure).toMatchObject({ code: 'entra.unreachable', retry: { when: 'later' } });
    expect(asked).toEqual([expect.stringMatching(/^POST .*addPassword/)]);
  });
});

describe('A pause that Graph asks for', () => {
  const busy = (retryAfter: string) => (response: ServerResponse) =>
    void response.writeHead(429, { 'retry-after': retryAfter, 'content-type': 'application/json' }).end('{}');

  it('is kept, and one of no time at all, or over long ago, is no leave to ask again at once', async () => {
    const longAgo = 'Sun, 06 Nov 1994 08:49:37 GMT';
    const { directory, pauses } = await graphThat(
      busy('2'),
      busy('0'),
      busy('-3'),
      busy(longAgo),
      tells(GROUP),
    );
    expect(await directory.findGroup({ objectId: 'g-1' })).toMatchObject({ objectId: 'g-1' });
    expect(pauses).toEqual([2_000, 1_000, 2_000, 4_000]);
  });
});

describe('A list of Graph', () => {
  const page = (id: string, next?: string) =>
    tells({ value: [{ id }], ...(next !== undefined && { '@odata.nextLink': next }) });

  it('whose next page is said to be at another host is no list: what is missing would look gone', async () => {
    const elsewhere = 'https://graph.example.com/v1.0/groups/g-1/members?$skiptoken=2';
    const { directory, asked } = await graphThat(page('p-1', elsewhere));
    expect(await failureOf(directory.listMembers('g-1'))).toMatchObject({
      code: 'entra.unexpected-answer',
      message: expect.stringContaining('list the members of the group'),
      hint: expect.stringContaining('https://graph.example.com'),
    });
    expect(asked).toHaveLength(1);
  });

  it.each([
    [
      'a page of a proxy',
      (response: ServerResponse) => void response.setHeader('content-type', 'text/html').end('<html>'),
    ],
    ['an answer without anything in it', (response: ServerResponse) => void response.writeHead(200).end()],
    ['an object that is no list', tells({ error: 'moved' })],
  ])('is not empty because %s came in its place', async (_what, answer) => {
    const { directory } = await graphThat(answer);
    expect(await failureOf(directory.listMembers('g-1'))).toMatchObject({
      code: 'entra.unexpected-answer',
      retry: { when: 'later' },
    });
  });
});
