import { describe, expect, it } from '@jest/globals';
import type { Finding } from '../../src/ports.ts';
import { doctorMessage } from '../../src/slack/cards/report-cards.ts';

const good = (subject: string): Finding => ({ subject, verdict: 'good', detail: 'there' });
const permission = 'Group.Create';
const command = `az ad app permission add --id ${'a'.repeat(400)} && az ad app permission admin-consent`;
const bad: Finding = { subject: permission, verdict: 'bad', detail: 'not granted', fix: command };

function shown(findings: Finding[]): string {
  return JSON.stringify(doctorMessage({ sections: [{ title: 'Entra', findings }] }).blocks);
}

describe('The doctor', () => {
  it('tells first what is not good, with the whole command that mends it', () => {
    const text = shown([good('User.Read.All'), bad]);
    expect(text).toContain(command.replaceAll('&', '&amp;'));
    expect(text.indexOf(permission)).toBeLessThan(text.indexOf('User.Read.All'));
  });

  it('counts what is good where that is very much', () => {
    const rights = Array.from({ length: 40 }, (_, index) => good(`right ${index}`));
    const text = shown([...rights, bad]);
    expect(text).toContain('40 checks');
    expect(text).toContain(permission);
    expect(text).not.toContain('right 1');
  });
});
