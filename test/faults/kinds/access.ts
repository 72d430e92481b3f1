import { CAST } from '../../../sandbox/cast.ts';
import {
  askForAccess,
  brokenMembers,
  brokenOnceOver,
  brokenOnceUndone,
  brokenWhileGiven,
  failedAccess,
  findGrant,
  givenAccess,
  personOf,
  plantGroup,
  revoke,
  untilOver,
} from '../access.ts';
import { atNote } from '../disturb.ts';
import type { Try, TryResult } from '../fault.ts';
import type { Lane } from '../lane.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What goes wrong around access for a time. */
export function accessFaults(): Try[] {
  return [
    ...clockFaults(),
    deleted('before access is given', deletedBefore),
    deleted('while access is given', deletedWhileGiving),
    deleted('while access runs', async (lane) => {
      const id = await givenAccess(lane);
      deleteOutsider(lane);
      lane.sandbox.clock.moveOn(2 * HOUR_MS);
      return brokenOnceOver(lane, id, 'account-gone');
    }),
    deleted('while access runs, which is revoked after that', async (lane) => {
      const id = await givenAccess(lane);
      deleteOutsider(lane);
      await revoke(lane);
      return brokenOnceOver(lane, id, 'account-gone');
    }),
    deleted('while access is revoked', async (lane) => {
      const id = await givenAccess(lane);
      await atNote(
        lane,
        id,
        'grant removing',
        () => deleteOutsider(lane),
        () => revoke(lane).then(() => untilOver(lane, id)),
      );
      return brokenOnceOver(lane, id, 'account-gone');
    }),
    deleted('before access is rolled back', async (lane) => {
      const id = await failedAccess(lane);
      deleteOutsider(lane);
      await lane.rollBack(id);
      return brokenOnceUndone(lane, id, 'account-gone');
    }),
    deleted('while access runs, and comes back before its end', comeBackInTime),
    deleted('while access runs, and comes back after its end', comeBackLate),
    { fault: 'Redis is lost', variant: 'while access runs', run: redisLost },
  ];
}

function clockFaults(): Try[] {
  const jumpsOn = (lane: Lane, ms: number) => lane.sandbox.clock.moveOn(ms);
  return [
    jump('two hours on', (lane) => jumpsOn(lane, 2 * HOUR_MS), brokenOnceOver),
    jump(
      'two hours on while nobody is at work',
      (lane) => withNobodyAtWork(lane, () => jumpsOn(lane, 2 * HOUR_MS)),
      brokenOnceOver,
    ),
    jump(
      'half an hour back and two hours on',
      (lane) => {
        jumpsOn(lane, -HOUR_MS / 2);
        jumpsOn(lane, 2.5 * HOUR_MS);
      },
      brokenOnceOver,
    ),
    jump('three hours back', (lane) => jumpsOn(lane, -3 * HOUR_MS), brokenForAnHour),
    jump(
      'three hours back while nobody is at work',
      (lane) => withNobodyAtWork(lane, () => jumpsOn(lane, -3 * HOUR_MS)),
      brokenForAnHour,
    ),
    jumpWhileGiving('two hours on', 2 * HOUR_MS),
    jumpWhileGiving('three hours back', -3 * HOUR_MS),
  ];
}

function jump(
  variant: string,
  jumps: (lane: Lane) => Promise<void> | void,
  broken: (lane: Lane, id: string) => Promise<string[]>,
): Try {
  return {
    fault: 'the clock jumps while access runs',
    variant,
    async run(lane) {
      plantGroup(lane);
      const id = await givenAccess(lane);
      const before = await brokenWhileGiven(lane, id);
      await jumps(lane);
      return { broken: [...before, ...(await broken(lane, id))] };
    },
  };
}

function jumpWhileGiving(variant: string, ms: number): Try {
  return {
    fault: 'the clock jumps while access is given',
    variant,
    async run(lane) {
      plantGroup(lane);
      const id = await askForAccess(lane);
      await atNote(
        lane,
        id,
        'grant granting',
        () => lane.sandbox.clock.moveOn(ms),
        () => lane.approve(id),
      );
      return { broken: await brokenForAnHour(lane, id) };
    },
  };
}

async function withNobodyAtWork({ fleet }: Lane, act: () => void): Promise<void> {
  fleet.kill();
  act();
  await fleet.complete();
}

/** What does not hold where an hour is left, whatever the clock says: all of it, and no more. */
async function brokenForAnHour(lane: Lane, id: string): Promise<string[]> {
  const { clock } = lane.sandbox;
  const leftMs = async () =>
    Date.parse((await findGrant(lane, id))?.endsAt ?? '') - (Date.now() + clock.offsetMs);
  await lane.until('an end within the hour', async () => ((await leftMs()) <= HOUR_MS ? true : undefined));
  const early = (await leftMs()) < HOUR_MS - 2 * MINUTE_MS;
  const broken = await brokenWhileGiven(lane, id);
  clock.moveOn(HOUR_MS);
  return [...(early ? ['it ends too early'] : []), ...broken, ...(await brokenOnceOver(lane, id))];
}

/** A try in which the person is deleted, and is there again after it. */
function deleted(variant: string, run: (lane: Lane) => Promise<string[]>): Try {
  return {
    fault: 'the person is deleted in Entra',
    variant,
    async run(lane) {
      plantGroup(lane);
      const { id } = personOf(lane, 'outsider');
      const { directory, portal } = lane.sandbox.entra;
      try {
        return { broken: await run(lane) };
      } finally {
        if (directory.deleted.has(id)) portal.restorePerson(id);
      }
    },
  };
}

function deleteOutsider(lane: Lane): void {
  lane.sandbox.entra.portal.deletePerson(personOf(lane, 'outsider').id);
}

async function deletedBefore(lane: Lane): Promise<string[]> {
  const id = await askForAccess(lane);
  deleteOutsider(lane);
  await lane.press(id, 'request.approve');
  return brokenUnlessFailed(lane, id, /account that was approved is gone/);
}

// Entra may just be late to show somebody who is new, so it is asked for as long as that can take.
async function deletedWhileGiving(lane: Lane): Promise<string[]> {
  const id = await askForAccess(lane);
  let broken: string[] = [];
  const fail = async (): Promise<void> => {
    await lane.press(id, 'request.approve');
    broken = await brokenUnlessFailed(lane, id, /was deleted|deleted in the meantime/);
  };
  await atNote(lane, id, 'grant granting', () => deleteOutsider(lane), fail);
  await lane.rollBack(id);
  return [...broken, ...(await brokenOnceUndone(lane, id, 'account-gone'))];
}

async function brokenUnlessFailed(lane: Lane, id: string, words: RegExp): Promise<string[]> {
  const { failure } = await lane.untilState(id, ['failed'], 'pending');
  const said = `${failure?.message} ${failure?.hint}`;
  return [...(words.test(said) ? [] : [`said: ${said}`]), ...brokenMembers(lane, 'out')];
}

async function comeBackInTime(lane: Lane): Promise<string[]> {
  const { clock, entra } = lane.sandbox;
  const person = personOf(lane, 'outsider');
  const id = await givenAccess(lane);
  deleteOutsider(lane);
  entra.portal.restorePerson(person.id);
  clock.moveOn(2 * HOUR_MS);
  return brokenOnceOver(lane, id);
}

// With the account Entra brings back the membership, whose time is over: a look within minutes finds it.
async function comeBackLate(lane: Lane): Promise<string[]> {
  const { clock, entra } = lane.sandbox;
  const person = personOf(lane, 'outsider');
  const id = await givenAccess(lane);
  deleteOutsider(lane);
  clock.moveOn(2 * HOUR_MS);
  const broken = await brokenOnceOver(lane, id, 'account-gone');
  entra.portal.restorePerson(person.id);
  clock.moveOn(10 * MINUTE_MS);
  await lane.until('what came back to be taken back', async () => {
    const { state, cameBackAt } = (await findGrant(lane, id)) ?? {};
    return cameBackAt !== undefined && state === 'ended' ? true : undefined;
  });
  return [...broken, ...brokenMembers(lane, 'out')];
}

// Nobody remembers who was given what: nobody is removed, nobody is kept without a word.
async function redisLost(lane: Lane): Promise<TryResult> {
  plantGroup(lane);
  await givenAccess(lane);
  await lane.redis.flushall();
  lane.sandbox.clock.moveOn(2 * HOUR_MS);
  return { broken: [...brokenMembers(lane, 'in'), ...(await brokenStatus(lane))] };
}

async function brokenStatus(lane: Lane): Promise<string[]> {
  const told = await lane.status();
  return [
    ...(/nobody remembers who belongs to this group/i.test(told) ? [] : [`status: ${told}`]),
    ...(told.includes(CAST.outsider.name) ? [] : ['status does not name the member']),
  ];
}
