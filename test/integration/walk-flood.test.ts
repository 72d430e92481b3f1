import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHANNELS } from '../../sandbox/cast.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { startSandbox } from '../../sandbox/world.ts';
import { parseScrape, sumOf } from '../support/scrape.ts';
import { APPROVER, ASKER, OUTSIDER, Walk } from '../support/walk.ts';

const CLUSTERS = ['c-0', 'c-1', 'c-2', 'c-3', 'c-4', 'c-5'];
const FLOOD = 60;
// The burst that the configuration allows one person if it says nothing.
const BURST = 20;

/** Runs the real Helm, and writes down when it begins, with its verb, and when it ends. */
const counting = (helm: string, diary: string): string => `#!/bin/sh
echo "+ $1" >> '${diary}'
trap 'kill -TERM "$child"' TERM
'${helm}' "$@" <&0 &
child=$!
wait "$child"
code=$?
wait "$child"
echo "- $1" >> '${diary}'
exit "$code"
`;

describe('while one person floods /kasten doctor', () => {
  let walk: Walk;
  let folder: string;
  let diary: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kastellan-flood-'));
    diary = join(folder, 'diary');
    walk = await Walk.startIn(async (home) => {
      const adjust = { configuration: ({ limits: _fast, ...usual }: Usual) => usual };
      const sandbox = await startSandbox({ home, clusters: CLUSTERS, rolloutDelayMs: 5, adjust });
      const program = join(folder, 'helm');
      await writeFile(program, counting(sandbox.environment['KASTELLAN_HELM'] ?? 'helm', diary));
      await chmod(program, 0o755);
      return { ...sandbox, environment: { ...sandbox.environment, KASTELLAN_HELM: program } };
    });
    const { control } = walk.sandbox.slack;
    const types = (who: string, text: string) => control.runCommand(who, CHANNELS.general, text);
    const flood = Array.from({ length: FLOOD }, () => types(OUTSIDER.slackId, 'doctor'));
    await types(ASKER.slackId, 'status');
    await types(APPROVER.slackId, 'who c-3');
    await Promise.all(flood);
  });
  afterAll(async () => {
    await walk?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const told = async (who: string, matches: RegExp) =>
    (await walk.sandbox.slack.control.ephemerals(who)).filter((message) => matches.test(textOf(message)));
  const diaryOf = async () => (await readFile(diary, 'utf8')).trim().split('\n');

  it('answers the status and the list of administrators that others ask for', async () => {
    const status = await walk.until(
      'the status',
      async () => (await told(ASKER.slackId, /of 6 clusters/))[0],
    );
    for (const name of CLUSTERS) expect(JSON.stringify(status.blocks)).toContain(name);
    await walk.until('the list', async () => (await told(APPROVER.slackId, /can administer/))[0]);
  });

  it('tells that person when to try again, and does no more than the configuration allows', async () => {
    const once = await walk.until('that it is too much', async () => {
      const found = await told(OUTSIDER.slackId, /You asked for more/);
      return found.length > 0 ? found : undefined;
    });
    expect(once.map(textOf)[0]).toMatch(/This was not done\. Try again in \d+ s\./);
    // Half a minute of a busy machine gives a few more than the burst.
    const [url = ''] = walk.healthUrls;
    const refused = await walk.until('most of the others to be refused', async () => {
      const samples = parseScrape(await (await fetch(`${url}/metrics`)).text());
      const count = sumOf(samples, 'kastellan_slack_limited_total', { by: 'person' }) ?? 0;
      return count >= FLOOD - BURST - 15 ? count : undefined;
    });
    expect(refused).toBeLessThanOrEqual(FLOOD - BURST);
  });

  it('looks once for a chart that all clusters have, and starts no Helm to read a release', async () => {
    const begun = (await diaryOf()).filter((line) => line.startsWith('+'));
    expect(begun.filter((line) => line === '+ show')).toHaveLength(1);
    expect(new Set(begun)).toEqual(new Set(['+ version', '+ show']));
  });
});

type Usual = Parameters<
  NonNullable<NonNullable<Parameters<typeof startSandbox>[0]['adjust']>['configuration']>
>[0];
