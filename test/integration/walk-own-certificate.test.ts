import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHANNELS } from '../../sandbox/cast.ts';
import { OWN_CLIENT_ID } from '../../sandbox/inhabitants.ts';
import { createAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { type Sample, untilTold } from '../support/scrape.ts';
import { ASKER, everythingOf, Walk } from '../support/walk.ts';

const DAY_MS = 86_400_000;

describe('a Kastellan that proves itself with a certificate', () => {
  let folder: string;
  let walk: Walk;
  let days: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kastellan-own-certificate-'));
    const { key, cert } = await (await createAuthority()).issue([], 'rsa');
    days = (new X509Certificate(cert).validToDate.getTime() - Date.now()) / DAY_MS;
    const path = join(folder, 'own.pem');
    await writeFile(path, `${cert}\n${key}`);
    walk = await Walk.start({
      k10: 'none',
      processes: [{ AZURE_CLIENT_CERTIFICATE_PATH: path }],
      adjust: {
        configuration: (usual) => ({ ...usual, expiry: { at: '00:00', timeZone: 'UTC' } }),
        entra: (usual) => ({
          ...usual,
          applications: (usual.applications ?? []).map(({ secrets: _, ...own }) => ({
            ...own,
            certificates: [cert],
          })),
        }),
      },
    });
  });
  afterAll(async () => {
    await walk?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Waits until the metrics tell of one credential, Kastellan's own, that it ends in this many days. */
  async function tells(left: number): Promise<Sample> {
    const ends = (samples: readonly Sample[]) =>
      samples.filter(({ name }) => name === 'kastellan_credential_days_to_expiry');
    const [url = ''] = walk.healthUrls;
    const told = await untilTold(url, `${left} days left`, (samples) =>
      ends(samples).some(({ value }) => Math.round(value) === left),
    );
    const [own, ...others] = ends(told);
    expect(others).toEqual([]);
    return own as Sample;
  }

  it('tells in its metrics how long that is good for, by the words and IDs that an alert needs', async () => {
    const { labels } = await tells(Math.round(days));
    expect(labels).toMatchObject({ purpose: 'kastellan', kind: 'certificate', client_id: OWN_CLIENT_ID });
    expect(labels).not.toHaveProperty('cluster');
  });

  it('says in Slack, too, that it ends, and counts on as the days go by', async () => {
    walk.sandbox.clock.moveOn(27 * DAY_MS);
    const card = await walk.until('the notice', async () =>
      (await walk.sandbox.slack.control.messages(CHANNELS.notifications)).find((message) =>
        /Kastellan's own certificate \(Kastellan\) ends in [23] days/.test(textOf(message)),
      ),
    );
    expect(textOf(card)).toContain('After that Kastellan can change nothing in Entra any more');
    await tells(Math.round(days - 27));
  });

  it('says so when it has ended, and counts on although Entra lets Kastellan in no more', async () => {
    walk.sandbox.clock.moveOn(4 * DAY_MS);
    await tells(Math.round(days - 31));
    await walk.user(ASKER).types('doctor');
    await walk.until("the doctor's answer", async () => {
      const answers = await walk.sandbox.slack.control.ephemerals(ASKER.slackId);
      return answers.find((answer) =>
        /with its certificate: The certificate has ended/.test(everythingOf(answer)),
      );
    });
  });
});
