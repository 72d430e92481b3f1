import {
  askForAccess,
  brokenMembers,
  brokenOnceOver,
  brokenWhileGiven,
  givenAccess,
  personOf,
  plantGroup,
} from '../access.ts';
import type { Try, TryResult } from '../fault.ts';
import type { Lane } from '../lane.ts';

const HOUR_MS = 3_600_000;

/** What goes wrong around access for a time. */
export function accessFaults(): Try[] {
  return [
    jump('two hours on', 2 * HOUR_MS),
    jump('half an hour back and two hours on', -HOUR_MS / 2, 2.5 * HOUR_MS),
    { fault: 'the person is deleted in Entra', variant: 'before access is given', run: deletedBefore },
    { fault: 'the person is deleted in Entra', variant: 'while access runs', run: deletedWhileGiven },
    { fault: 'Redis is lost', variant: 'while access runs', run: redisLost },
  ];
}

function jump(variant: string, ...jumps: readonly number[]): Try {
  return {
    fault: 'the clock jumps while access runs',
    variant,
    async run(lane) {
      plantGroup(lane);
      const id = await givenAccess(lane);
      const broken = await brokenWhileGiven(lane, id);
      for (const ms of jumps) lane.sandbox.clock.moveOn(ms);
      return { broken: [...broken, ...(await brokenOnceOver(lane, id))] };
    },
  };
}

async function deletedBefore(lane: Lane): Promise<TryResult> {
  plantGroup(lane);
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
        ...brokenMembers(lane, 'out'),
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
  try {
    lane.sandbox.clock.moveOn(2 * HOUR_MS);
    return { broken: await brokenOnceOver(lane, id, 'was-gone') };
  } finally {
    bring();
  }
}

function deleteOutsider(lane: Lane): () => void {
  const { directory, portal } = lane.sandbox.entra;
  const person = personOf(lane, 'outsider');
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
  lane.sandbox.clock.moveOn(2 * HOUR_MS);
  const told = await lane.status();
  return {
    broken: [
      ...brokenMembers(lane, 'in'),
      ...(/nobody remembers who belongs to this group/i.test(told)
        ? []
        : [`status after ${before}: ${told}`]),
      ...(told.includes(String(personOf(lane, 'outsider').properties['displayName']))
        ? []
        : ['status does not name the member']),
    ],
  };
}
