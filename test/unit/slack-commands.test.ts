import { describe, expect, it } from '@jest/globals';
import { editDistance, nearestOf, parseCommand } from '../../src/slack/commands.ts';

const GUID = '0a1b2c3d-1111-4222-8333-444455556666';
const KNOWN = { clusters: ['prod-eu', 'prod-us'], levels: ['admin', 'ns-admin'] };

describe('/kasten', () => {
  it('understands what people type, however they space and write it', () => {
    expect(parseCommand('')).toEqual({ kind: 'help', more: false });
    expect(parseCommand('  Setup   PROD-EU ')).toEqual({ kind: 'setup', clusters: ['prod-eu'] });
    expect(parseCommand('status')).toEqual({ kind: 'status' });
    expect(parseCommand('rotate PROD-eu')).toEqual({ kind: 'rotate', cluster: 'prod-eu' });
    expect(parseCommand('help more')).toEqual({ kind: 'help', more: true });
    expect(parseCommand('doctor')).toEqual({ kind: 'doctor' });
    expect(parseCommand('secrets')).toEqual({ kind: 'secrets' });
    expect(parseCommand('audit verify')).toEqual({ kind: 'audit-verify' });
  });

  it('takes several clusters for a set-up, each once, and all of them', () => {
    const clusters = (text: string, known = KNOWN) => parseCommand(text, known);
    expect(clusters('setup')).toEqual({ kind: 'setup', clusters: [] });
    expect(clusters('setup prod-us  PROD-EU prod-us')).toEqual({
      kind: 'setup',
      clusters: ['prod-us', 'prod-eu'],
    });
    expect(clusters('setup all')).toEqual({ kind: 'setup', clusters: KNOWN.clusters });
    // A cluster that is called so is that cluster.
    const odd = { ...KNOWN, clusters: ['all', 'prod-eu'] };
    expect(clusters('setup all', odd)).toEqual({ kind: 'setup', clusters: ['all'] });
    expect(clusters('setup all prod-eu')).toEqual({ kind: 'setup', clusters: ['all', 'prod-eu'] });
  });

  it('knows the nearest command for a slip, and none for nonsense', () => {
    expect(parseCommand('stauts')).toEqual({ kind: 'unknown', word: 'stauts', nearest: 'status' });
    expect(parseCommand('rotat')).toEqual({ kind: 'unknown', word: 'rotat', nearest: 'rotate' });
    expect(parseCommand('set-up')).toEqual({ kind: 'unknown', word: 'set-up', nearest: 'setup' });
    expect(parseCommand('breakglass please')).toMatchObject({ kind: 'unknown', nearest: 'break-glass' });
    expect(parseCommand('acces admin')).toMatchObject({ kind: 'unknown', nearest: 'access' });
    expect(parseCommand('teapot please')).toEqual({ kind: 'unknown', word: 'teapot please' });
    expect(nearestOf('doc', ['setup', 'doctor'])).toBe('doctor');
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });
});

describe('/kasten access', () => {
  const HOUR = 3_600_000;
  const read = (text: string) => {
    const command = parseCommand(`access ${text}`, KNOWN);
    return command.kind === 'access' ? command.wish : command.kind;
  };

  it('says in one line what is wanted, and keeps the reason as it was typed', () => {
    expect(read('admin 2h Restoring shop-db, ticket OPS-412')).toEqual({
      level: 'admin',
      durationMs: 2 * HOUR,
      reason: 'Restoring shop-db, ticket OPS-412',
    });
    expect(read('Admin PROD-EU 90 min  Two  spaces')).toEqual({
      level: 'admin',
      cluster: 'prod-eu',
      durationMs: 1.5 * HOUR,
      reason: 'Two  spaces',
    });
  });

  it('may be for somebody else', () => {
    const wish = { level: 'admin', durationMs: HOUR, beneficiary: 'U0BEN', reason: 'on call' };
    expect(read('admin 1h for <@U0BEN|ben> on call')).toEqual(wish);
    expect(read('admin <@U0BEN|ben> 1h on call')).toEqual(wish);
    expect(read('admin 1h <@U0BEN|ben lovelace> on call')).toEqual(wish);
    expect(read('<@U0BEN|ben>')).toEqual({ beneficiary: 'U0BEN' });
  });

  it('tells names from a reason by what the configuration knows', () => {
    expect(read('admin restoring shop-db')).toEqual({ level: 'admin', reason: 'restoring shop-db' });
    expect(read('admin prod-eu restoring shop-db')).toEqual({
      level: 'admin',
      cluster: 'prod-eu',
      reason: 'restoring shop-db',
    });
    expect(read('admin prod-ue 2h x')).toMatchObject({ cluster: 'prod-ue' });
    expect(read('')).toEqual({});
    expect(read('2h')).toEqual({ durationMs: 2 * HOUR });
  });

  it('reads a reason as it was meant: what Slack escaped and linked is undone', () => {
    expect(
      read('admin 1h &lt;b&gt; R&amp;D asks <@U0BEN|ben> in <#C1|ops>: <https://x.example|x>'),
    ).toMatchObject({
      reason: '<b> R&D asks @ben in #ops: https://x.example',
    });
  });
});

describe('the commands around grants', () => {
  it.each([
    ['grants', { kind: 'grants', all: false }],
    ['grants all', { kind: 'grants', all: true }],
    ['revoke <@U0BEN|ben> Left the Team', { kind: 'revoke', person: 'U0BEN', reason: 'Left the Team' }],
    ['break-glass Nobody is awake', { kind: 'break-glass', reason: 'Nobody is awake' }],
    ['break-glass open <@U0BEN|ben>', { kind: 'open-break-glass', person: 'U0BEN' }],
    ['break-glass open <@U0BEN|ben> his door', { kind: 'break-glass', reason: 'open @ben his door' }],
    ['break-glass admin prod-eu x', { kind: 'break-glass', level: 'admin', cluster: 'prod-eu', reason: 'x' }],
    ['break-glass prod-eu x', { kind: 'break-glass', cluster: 'prod-eu', reason: 'x' }],
    [`link <@U0BEN|ben> ${GUID.toUpperCase()}`, { kind: 'link', person: 'U0BEN', objectId: GUID }],
    ['link <@U0BEN|ben> none', { kind: 'link', person: 'U0BEN' }],
    ['audit <@U0BEN|ben>', { kind: 'audit-of', of: { person: 'U0BEN' }, csv: false }],
    ['audit prod-eu CSV', { kind: 'audit-of', of: { cluster: 'prod-eu' }, csv: true }],
    ['audit verfy', { kind: 'unknown', word: 'audit verfy', nearest: 'audit verify' }],
  ])('%s', (text, command) => {
    expect(parseCommand(text, KNOWN)).toEqual(command);
  });

  it.each([
    'revoke',
    'revoke ben too long here',
    'revoke &lt;@U0BEN|ben&gt; a typed mention is nobody',
    'revoke <@U0BEN|ben>',
    'revoke <@U0BEN|ben> \u200b\u2060\u3164',
    'break-glass \u2800\u{1d159}',
    'break-glass',
    'break-glass admin',
    'link <@U0BEN|ben>',
    'link ben 1',
    'link',
    'audit',
  ])('%s: says what it lacks and how it is written', (text) => {
    const command = parseCommand(text, KNOWN);
    expect(command).toMatchObject({
      kind: 'incomplete',
      usage: expect.stringContaining(text.split(' ')[0] ?? ''),
    });
  });
});
