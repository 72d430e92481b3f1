import { describe, expect, it } from '@jest/globals';
import type { BlockAction } from '@slack/bolt';
import type { World } from '../../../src/ports/world.ts';
import { clickDoubt } from '../../../src/slack/requests/click-origin.ts';
import { ACTIONS } from '../../../src/slack/requests/request-ids.ts';

const FIRST_SEAL = Date.parse('2026-11-01T00:00:00Z');
const MINUTE_MS = 60_000;

/** Why a button in a direct message to ada does not count. */
function doubt(
  { seal, own, since = FIRST_SEAL }: { seal?: string; own?: string; since?: number },
  sentAt = Date.now(),
) {
  const personalSeals = {
    find: async () => own,
    since: async () => (since === 0 ? undefined : new Date(since)),
  };
  const body = {
    user: { id: 'U0ADA' },
    channel: { id: 'D0ADA' },
    message: { ts: `${sentAt / 1_000}` },
    container: {},
  } as unknown as BlockAction;
  const world = { personalSeals } as unknown as World;
  return clickDoubt({ world }, body, ACTIONS.done, { id: 'r1', planDigest: undefined, seal });
}

describe('a button in a direct message', () => {
  it('counts with the seal of its reader, and is forged with another', async () => {
    expect(await doubt({ seal: 'a', own: 'a' })).toBeUndefined();
    expect(await doubt({ seal: 'b', own: 'a' })).toBe('wrong-seal');
  });

  it('is forged without a seal, however lately the process was started', async () => {
    expect(await doubt({ own: 'a' })).toBe('wrong-seal');
    expect(await doubt({ own: 'a' }, FIRST_SEAL + 11 * MINUTE_MS)).toBe('wrong-seal');
    expect(await doubt({})).toBe('wrong-seal');
  });

  it('is that of an earlier version without a seal only if it was sent before there were any', async () => {
    expect(await doubt({ own: 'a' }, FIRST_SEAL - MINUTE_MS)).toBe('outdated');
    // While processes of that version are being replaced.
    expect(await doubt({ own: 'a' }, FIRST_SEAL + 9 * MINUTE_MS)).toBe('outdated');
    expect(await doubt({ since: 0 })).toBe('outdated');
  });
});
