import { CAST } from '../../../sandbox/cast.ts';
import {
  askForAccess,
  brokenOnceOver,
  brokenWhileGiven,
  givenAccess,
  killWhileRevoking,
  membersOf,
  plantGroup,
  tooLate,
} from '../access.ts';
import type { Try, TryResult } from '../fault.ts';
import type { Target } from '../killing.ts';
import type { Lane } from '../lane.ts';

const HOUR_MS = 3_600_000;
// A revocation notes that it begins, removes one member, and notes that it is over.
const REVOCATION: readonly Target[] = [
  { stream: 'journal', n: 1 },
  { stream: 'entra', n: 1 },
  { stream: 'journal', n: 2 },
];

/** What goes wrong around access for a time. */
export function accessFaults(): Try[] {
  return [
    ...REVOCATION.map(killWhileRevokingAt),
    jump('two hours on', 2 * HOUR_MS),
    jump('half an hour back and two hours on', -HOUR_MS / 2, 2.5 * HOUR_MS),
    { fault: 'the person is deleted in Entra', variant: 'before access is given', run: deletedBefore },
    { fault: 'the person is deleted in Entra', variant: 'while access runs', run: deletedWhileGiven },
    { fault: 'Redis is lost', variant: 'while access runs', run: redisLost },
  ];
}

export function killWhileRevokingAt(target: Target): Try {
  return {
    fault: 'kill -9 of the worker while revoking',
    variant: `${target.stream} ${target.n}`,
    async run(lane) {
      plantGroup(lane);
      const id = await givenAccess(lane);
      const { at, takeOverMs } = await killWhileRevoking(lane, id, target);
      const broken = [...(await brokenOnceOver(lane, id)), ...tooLate(takeOverMs)];
      if (at === undefined) return { broken, notReached: true };
      return {
        broken: broken.map((line) => `${line} (killed at ${at})`),
        ...(takeOverMs !== undefined && { takeOverMs }),
      };
    },
  };
}

function jump(variant: string, ...jumps: readonly number[]): Try {
  return {
    fault: 'the clock jumps while access runs',
    variant,
    async run(lane) {
      const { clock } = lane.sandbox;
      plantGroup(lane);
      const id = await givenAccess(lane);
      try {
        const broken = await brokenWhileGiven(lane, id);
        for (const ms of jumps) await clock.moveOn(ms);
        return { broken: [...broken, ...(await brokenOnceOver(lane, id))] };
      } finally {
        await backToNow(lane);
      }
    },
  };
}

async function deletedBefore(lane: Lane): Promise<TryResult> {
  const group = plantGroup(lane);
  const id = await askForAccess(lane);
  const bring = deleteOutsider(lane);
  try {
    await lane.press(id, 'request.approve');
    const { failure } = await lane.untilState(id, ['failed'], 'pending');
    return {
      broken: [
        ...(/account that was approved is gone/.test(failure?.message ?? '')
          ? []
          : [`said: ${failure?.message}`]),
        ...(group.members.size === 0 ? [] : ['somebody is in the group']),
      ],
    };
  } finally {
    bring();
  }
}

async function deletedWhileGiven(lane: Lane): Promise<TryResult> {
  plantGroup(lane);
  const id = await givenAccess(lane);
  const bring = deleteOutsider(lane);
  const { clock } = lane.sandbox;
  try {
    await clock.moveOn(2 * HOUR_MS);
    return { broken: await brokenOnceOver(lane, id, 'was-gone') };
  } finally {
    await backToNow(lane);
    bring();
  }
}

// Access tokens from a time to come are refused for hours, so nobody who lived then goes on.
async function backToNow({ sandbox, fleet }: Lane): Promise<void> {
  await fleet.stop();
  await sandbox.clock.moveOn(-sandbox.clock.offsetMs);
}

function deleteOutsider({ sandbox }: Lane): () => void {
  const { directory, portal } = sandbox.entra;
  const person = directory.findBy('user', 'userPrincipalName', CAST.outsider.email);
  if (person === undefined) throw new Error('the outsider is not in Entra');
  portal.deletePerson(person.id);
  return () => {
    directory.deleted.delete(person.id);
    directory.entries.set(person.id, person);
  };
}

// Nobody remembers who was given what: nobody is removed, nobody is kept without a word.
async function redisLost(lane: Lane): Promise<TryResult> {
  plantGroup(lane);
  const before = await givenAccess(lane);
  await lane.redis.flushall();
  const { clock } = lane.sandbox;
  try {
    await clock.moveOn(2 * HOUR_MS);
    const told = await lane.status();
    return {
      broken: [
        ...(membersOf(lane).join() === CAST.outsider.name ? [] : ['the member was removed without a word']),
        ...(/nobody remembers who belongs to this group/i.test(told)
          ? []
          : [`status after ${before}: ${told}`]),
        ...(told.includes(CAST.outsider.name) ? [] : ['status does not name the member']),
      ],
    };
  } finally {
    await backToNow(lane);
  }
}
