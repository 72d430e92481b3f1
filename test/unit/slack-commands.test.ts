import { describe, expect, it } from '@jest/globals';
import { editDistance, nearestOf, parseCommand } from '../../src/slack/commands.ts';
import { SeenTriggers } from '../../src/slack/guard.ts';

describe('/kasten', () => {
  it('understands what people type, however they space and write it', () => {
    expect(parseCommand('')).toEqual({ kind: 'help', more: false });
    expect(parseCommand('  Setup   PROD-EU ')).toEqual({ kind: 'setup', cluster: 'prod-eu' });
    expect(parseCommand('status')).toEqual({ kind: 'status' });
    expect(parseCommand('help more')).toEqual({ kind: 'help', more: true });
    expect(parseCommand('doctor')).toEqual({ kind: 'doctor' });
    expect(parseCommand('audit verify')).toEqual({ kind: 'audit-verify' });
  });

  it('knows the nearest command for a slip, and none for nonsense', () => {
    expect(parseCommand('stauts')).toEqual({ kind: 'unknown', word: 'stauts', nearest: 'status' });
    expect(parseCommand('set-up')).toEqual({ kind: 'unknown', word: 'set-up', nearest: 'setup' });
    expect(parseCommand('audit')).toEqual({ kind: 'unknown', word: 'audit', nearest: 'audit verify' });
    expect(parseCommand('teapot please')).toEqual({ kind: 'unknown', word: 'teapot please' });
    expect(nearestOf('doc', ['setup', 'doctor'])).toBe('doctor');
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });
});

describe('a second delivery of the same click', () => {
  it('is known for ten minutes', () => {
    const seen = new SeenTriggers();
    expect(seen.isFirst('U1 t1', 0)).toBe(true);
    expect(seen.isFirst('U1 t1', 599_999)).toBe(false);
    expect(seen.isFirst('U1 t1', 600_000)).toBe(true);
  });

  it('is known among very many', () => {
    const seen = new SeenTriggers();
    for (let count = 0; count < 20_000; count += 1) seen.isFirst(`U1 t${count}`, count);
    expect(seen.isFirst('U1 t19999', 20_000)).toBe(false);
  });
});
