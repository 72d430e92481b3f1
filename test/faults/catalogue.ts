import { createDice } from './dice.ts';
import type { Try } from './fault.ts';
import { everyKill, killAt } from './kills.ts';
import { abuses } from './kinds/abuse.ts';
import { accessFaults } from './kinds/access.ts';
import { entraFaults } from './kinds/entra.ts';
import { helmFaults } from './kinds/helm.ts';
import { kubernetesFaults } from './kinds/kubernetes.ts';
import { redisFaults } from './kinds/redis.ts';
import { rotationFaults } from './kinds/rotation.ts';
import { slackFaults } from './kinds/slack.ts';
import { stoppingFaults } from './kinds/stopping.ts';
import { Lane } from './lane.ts';
import {
  ACCESS,
  ACCESS_EXPIRED,
  ACCESS_REVOKED,
  ACCESS_UNDONE,
  BATCH,
  BATCH_PLANNED,
  ROTATION,
  ROTATION_UNDONE,
  SET_UP,
  SET_UP_UNDONE,
  TEARDOWN,
  TEARDOWN_UNDONE,
  WORKS,
  type Work,
} from './works.ts';

/**
 * All tries of a campaign whose name has these words in it, in an order that the seed gives.
 * @throws Error where an undisturbed run shows no moment at which it could be disturbed
 */
export async function catalogue(seed: number, words: string): Promise<Try[]> {
  const lane = await Lane.open();
  const kills = await everyKill(lane, worksNamed(words)).finally(() => lane.close());
  return createDice(seed).shuffle([...kills, ...disturbances()].filter((one) => isNamed(one, words)));
}

/** Whether a try's name has these words in it. */
export function isNamed({ fault, variant }: Try, words: string): boolean {
  return `${fault} ${variant}`.includes(words);
}

// Which moments there are is seen only by watching; what cannot be meant need not be watched.
function worksNamed(words: string): Work[] {
  const anyMoment = words.replace(/ ?\d*$/, '');
  return WORKS.filter(({ row, streams }) => streams.some((one) => `${row} ${one}`.includes(anyMoment)));
}

const EVERY_DAY = [
  'two hundred clicks',
  'told to stop, and started again while Helm',
  'a job is lost from the queue after',
  'Redis restarts in the middle 1',
  'the card is deleted by hand while it is carried out',
  'Graph is slow',
  'before it is rolled back',
  'API is away for 2 s',
  'the plan goes stale',
  'K10 does not become ready retried',
  'rolled back in vain',
  'the clock jumps while access runs half',
  'three hours back while nobody is at work',
  'comes back before its end',
  'Redis is lost while access runs',
];

/** A few tries of each kind, for every day: the seed chooses the moments. */
export function shortCatalogue(seed: number): Try[] {
  const dice = createDice(seed);
  const chosen = disturbances().filter((one) => EVERY_DAY.some((words) => isNamed(one, words)));
  return dice.shuffle([
    killAt(SET_UP, { stream: 'entra', n: 1 + dice.roll(6) }),
    killAt(SET_UP, { stream: 'kubernetes', n: 1 + dice.roll(30) }),
    killAt(SET_UP, { stream: 'journal', n: 1 + dice.roll(40) }),
    killAt(SET_UP_UNDONE, { stream: 'journal', n: 1 + dice.roll(20) }),
    killAt(ROTATION, { stream: 'kubernetes', n: 1 + dice.roll(7) }),
    killAt(ROTATION, { stream: 'journal', n: 1 + dice.roll(14) }),
    killAt(ROTATION_UNDONE, { stream: 'kubernetes', n: 1 + dice.roll(5) }),
    killAt(TEARDOWN, { stream: 'journal', n: 1 + dice.roll(20) }),
    killAt(TEARDOWN_UNDONE, { stream: 'journal', n: 1 + dice.roll(14) }),
    killAt(BATCH_PLANNED, { stream: 'request', n: 1 + dice.roll(6) }),
    killAt(BATCH, { stream: 'request', n: 1 + dice.roll(9) }),
    killAt(ACCESS, { stream: 'entra', n: 1 }),
    killAt(ACCESS, { stream: 'journal', n: 1 + dice.roll(4) }),
    killAt(ACCESS_UNDONE, { stream: 'journal', n: 1 + dice.roll(4) }),
    killAt(ACCESS_REVOKED, { stream: 'entra', n: 1 }),
    killAt(ACCESS_EXPIRED, { stream: 'journal', n: 1 + dice.roll(2) }),
    ...chosen,
  ]);
}

export function disturbances(): Try[] {
  return [
    ...abuses(),
    ...redisFaults(),
    ...stoppingFaults(),
    ...slackFaults(),
    ...entraFaults(),
    ...helmFaults(),
    ...kubernetesFaults(),
    ...rotationFaults(),
    ...accessFaults(),
  ];
}
