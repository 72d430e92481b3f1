import { describe, expect, it } from '@jest/globals';
import { KastellanError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createLog, withRequestId } from '../../src/ops/log.ts';

function logInto(secrets: readonly string[] = []) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', secrets, destination });
  return { log, text: () => lines.join(''), last: (): unknown => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('a log line', () => {
  it('is JSON with time, level, message and fields', () => {
    const { log, last } = logInto();
    log.info({ cluster: 'lab', step: { name: 'rollout', ready: 3 } }, 'Step done');
    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-/),
      cluster: 'lab',
      step: { name: 'rollout', ready: 3 },
      msg: 'Step done',
    });
  });

  it('carries the id of the request it belongs to, across awaits', async () => {
    const { log, last } = logInto();
    await withRequestId('7kq2mx9d', async () => {
      await Promise.resolve();
      log.warn({}, 'Slow');
    });
    expect(last()).toMatchObject({ request: '7kq2mx9d', level: 'warn' });
    log.info({}, 'Other');
    expect(last()).not.toHaveProperty('request');
  });

  it('shows no secret: not by value, by shape, by name, in depth, in the message or in an error', () => {
    const canary = 'canary-Zx81!';
    const { log, text } = logInto([canary]);
    const cause = new Error(`refused with ${canary}`, { cause: new Error(`Bearer ${'abcdefgh12345678'}`) });
    const fields = {
      note: `it was ${canary}`,
      list: [{ deep: { text: `x${canary}y` } }],
      clientSecret: 'by-its-name',
      'x-api_key': 'by-its-name',
      password: ['by-its-name'],
      header: 'xoxb-123456-abcdef',
      redis: 'redis://:by-its-shape@host',
    };
    log.error(fields, `failed: ${canary}`, cause);
    log.info({ wrapped: new Secret('by-its-wrapper') as unknown as JsonObject }, 'x');
    expect(text()).not.toMatch(/canary-Zx81|by-its-|abcdefgh12345678|xoxb-123456/);
    expect(text()).toContain('failed: [hidden]');
  });

  it('keeps what only sounds secret', () => {
    const { log, last } = logInto();
    const fields = { keyId: 'k1', secretName: 'kastellan-k10-oidc', secretEndsAt: '2027-01-01' };
    log.info(fields, 'Credential written');
    expect(last()).toMatchObject(fields);
  });

  it('tells code, hint and causes of an error, and nothing else of a foreign one', () => {
    const { log, last, text } = logInto();
    const foreign = Object.assign(new Error('socket closed'), {
      request: { headers: { key: 'not-for-logs' } },
    });
    const error = new KastellanError({
      code: 'entra.down',
      message: 'Entra is away.',
      hint: 'Wait.',
      cause: foreign,
    });
    log.error({}, 'Step failed', error);
    log.error({}, 'Raw', foreign);
    expect(text()).not.toContain('not-for-logs');
    expect(last()).toMatchObject({ error: { type: 'Error', message: 'socket closed' } });
    expect(text()).toContain('"code":"entra.down"');
  });
});
