import { describe, expect, it } from '@jest/globals';
import type { Finding } from '../../../src/ports/finding.ts';
import { doctorMessage } from '../../../src/slack/status/report-cards.ts';

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

  it('tells last what only some need, does not count it as missing, and says where it is told how to have it', () => {
    const optional: Finding = { subject: 'Policy.Read.All', verdict: 'optional', detail: 'x', fix: command };
    const { text, blocks } = doctorMessage({
      sections: [{ title: 'Entra', findings: [optional, good('User.Read.All')] }],
    });
    expect(text).toBe('1 of 1 checks are good. 1 besides, which not everybody needs, is not met.');
    expect(JSON.stringify(blocks)).toMatch(
      /good {2}User\.Read\.All.*optional {2}Policy\.Read\.All: x\\n *To have what is optional: `node src\/main\.ts doctor`/,
    );
  });

  it('counts what is good where that is very much', () => {
    const rights = Array.from({ length: 40 }, (_, index) => good(`right ${index}`));
    const text = shown([...rights, bad]);
    expect(text).toContain('40 checks');
    expect(text).toContain(permission);
    expect(text).not.toContain('right 1');
  });

  it('of fifty clusters leaves out none that is not well, and counts what it does not show', () => {
    const fine = { title: 'Redis', findings: [good('Redis')] };
    const clusters = Array.from({ length: 50 }, (_, index) => [
      { title: `Cluster c${index}`, findings: [index >= 45 ? bad : good('rights')] },
      { title: `Helm on c${index}`, findings: [good('Helm')] },
    ]).flat();
    const { blocks } = doctorMessage({ sections: [fine, ...clusters] });
    const text = JSON.stringify(blocks);
    const missing = [45, 46, 47, 48, 49].filter((index) => !text.includes(`*Cluster c${index}*`));
    expect({ missing, more: /Not shown: [^.]*/.exec(text)?.[0] }).toEqual({
      missing: [],
      more: 'Not shown: 61 parts more, all of them good',
    });
  });

  it('says where the rest is to be read where more is not well than fits', () => {
    const sections = Array.from({ length: 60 }, (_, index) => ({ title: `c${index}`, findings: [bad] }));
    const { blocks } = doctorMessage({ sections });
    expect(JSON.stringify(blocks)).toContain(
      'Not shown: 20 parts more, 20 of them not good. All of them: `node src/main.ts doctor` in the shell.',
    );
  });
});
