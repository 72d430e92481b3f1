import { createDice } from './dice.ts';
import type { Try } from './fault.ts';
import { everyKill, killAt } from './kills.ts';
import { abuses } from './kinds/abuse.ts';
import { accessFaults, killWhileRevokingAt } from './kinds/access.ts';
import { entraFaults } from './kinds/entra.ts';
import { helmFaults } from './kinds/helm.ts';
import { kubernetesFaults } from './kinds/kubernetes.ts';
import { redisFaults } from './kinds/redis.ts';
import { rotationFaults } from './kinds/rotation.ts';
import { slackFaults } from './kinds/slack.ts';
import { Lane } from './lane.ts';
import { ACCESS, ROTATION, SET_UP, TEARDOWN } from './works.ts';

/** All tries of a campaign, in an order that the seed gives. */
export async function catalogue(seed: number): Promise<Try[]> {
  const lane = await Lane.open();
  const kills = await everyKill(lane);
  await lane.close();
  return createDice(seed).shuffle([...kills, ...disturbances()]);
}

const EVERY_DAY = [
  'two hundred clicks',
  'a job is lost from the queue after',
  'Redis restarts in the middle 1',
  'the card is deleted by hand while it is carried out',
  'Graph is slow',
  'before it is rolled back',
  'API is away for 2 s',
  'the plan goes stale',
  'K10 does not become ready retried',
  'the clock jumps while access runs half',
  'deleted in Entra while access runs',
  'Redis is lost while access runs',
];

/** A few tries of each kind, for every day: the seed chooses the moments. */
export function shortCatalogue(seed: number): Try[] {
  const dice = createDice(seed);
  const chosen = disturbances().filter(({ fault, variant }) =>
    EVERY_DAY.some((words) => `${fault} ${variant}`.includes(words)),
  );
  return dice.shuffle([
    killAt(SET_UP, 'apply', { stream: 'entra', n: 1 + dice.roll(6) }),
    killAt(SET_UP, 'apply', { stream: 'kubernetes', n: 1 + dice.roll(30) }),
    killAt(SET_UP, 'apply', { stream: 'journal', n: 1 + dice.roll(40) }),
    killAt(SET_UP, 'undo', { stream: 'journal', n: 1 + dice.roll(20) }),
    killAt(ROTATION, 'apply', { stream: 'kubernetes', n: 1 + dice.roll(7) }),
    killAt(ROTATION, 'apply', { stream: 'journal', n: 1 + dice.roll(14) }),
    killAt(ROTATION, 'undo', { stream: 'kubernetes', n: 1 + dice.roll(5) }),
    killAt(TEARDOWN, 'apply', { stream: 'journal', n: 1 + dice.roll(20) }),
    killAt(TEARDOWN, 'undo', { stream: 'journal', n: 1 + dice.roll(14) }),
    killAt(ACCESS, 'apply', { stream: 'entra', n: 1 }),
    killAt(ACCESS, 'apply', { stream: 'journal', n: 1 + dice.roll(5) }),
    killWhileRevokingAt({ stream: 'entra', n: 1 }),
    ...chosen,
  ]);
}

export function disturbances(): Try[] {
  return [
    ...abuses(),
    ...redisFaults(),
    ...slackFaults(),
    ...entraFaults(),
    ...helmFaults(),
    ...kubernetesFaults(),
    ...rotationFaults(),
    ...accessFaults(),
  ];
}
