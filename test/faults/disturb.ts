import type { Dice } from './dice.ts';
import type { Try } from './fault.ts';
import { brokenAfterSetUp } from './invariants.ts';
import type { Lane } from './lane.ts';
import { JournalWatch } from './moments.ts';
import { releaseOf } from './seen.ts';

/** What goes wrong around a set-up that must succeed all the same. */
export interface Disturbance {
  readonly fault: string;
  readonly variant: string;
  /** Before anybody asks. */
  before?(lane: Lane, dice: Dice): Promise<void> | void;
  /** While the plan waits for its approval. */
  pending?(lane: Lane, requestId: string, dice: Dice): Promise<void> | void;
  /** While it is carried out; begins with the approval. */
  running?(lane: Lane, requestId: string, dice: Dice): Promise<void> | void;
  /** What else has to hold at the end. */
  after?(lane: Lane, requestId: string): Promise<string[]> | string[];
  /** How many cards there may be: one, but where nobody can tell whether the first was posted. */
  readonly mostCards?: number;
  /** How many Helm revisions somebody else adds. */
  readonly foreignRevisions?: number;
}

/** A try of a set-up that is disturbed, and comes to its good end. */
export function disturbed(disturbance: Disturbance): Try {
  const { fault, variant, mostCards = 1, foreignRevisions = 0 } = disturbance;
  return {
    fault,
    variant,
    async run(lane, dice) {
      const { revision } = releaseOf(lane.sandbox);
      await disturbance.before?.(lane, dice);
      const id = await lane.ask();
      await disturbance.pending?.(lane, id, dice);
      const going = Promise.resolve(disturbance.running?.(lane, id, dice));
      await Promise.all([going, lane.press(id, 'request.approve')]);
      await lane.untilState(id, ['done']);
      const broken = await brokenAfterSetUp(lane, id, revision + foreignRevisions, mostCards);
      return { broken: [...broken, ...((await disturbance.after?.(lane, id)) ?? [])] };
    },
  };
}

/** Resolves at the n-th write to Entra or the cluster from now; of those alone that are like `of`. */
export function atWrite(lane: Lane, n: number, of = /./): Promise<string> {
  return new Promise((resolve) => {
    let counted = 0;
    lane.writes.listen(({ what }) => {
      if (!of.test(what)) return;
      counted += 1;
      if (counted !== n) return;
      lane.writes.listen(undefined);
      resolve(what);
    });
  });
}

/**
 * Does something at the very moment at which Kastellan makes a note about a request; it goes on after that.
 * @param what the note, as `Moment` names it
 * @param work in which the note is made
 * @throws Error where it was not made
 */
export async function atNote(
  lane: Lane,
  requestId: string,
  what: string,
  act: () => void,
  work: () => Promise<unknown>,
): Promise<void> {
  let noted = false;
  const watch = await JournalWatch.open(lane, requestId, (moment) => {
    if (noted || moment.what !== what) return;
    noted = true;
    act();
  });
  try {
    await work();
  } finally {
    watch.close();
  }
  if (!noted) throw new Error(`Nobody noted "${what}"`);
}
