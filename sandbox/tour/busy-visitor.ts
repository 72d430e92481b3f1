import { setTimeout as pause } from 'node:timers/promises';
import type { CastMember } from '../cast.ts';
import type { Dashboard } from '../k10/dashboard.ts';
import { signIn } from './k10-visitor.ts';

// What K10 says while its sign-in service starts, and to a sign-in or session that was under way when it was stopped.
const AWAY = /K10 is starting/;
const CUT = /not begun here|Nobody is signed in/;
const BREATH_MS = 50;

/** How often somebody who signs in again and again got in. */
export interface SignIns {
  /** Sign-ins that came to their good end. */
  readonly done: number;
  /** Looks at a dashboard that was starting, and sign-ins that had to begin again because K10 was stopped. */
  readonly away: number;
  readonly cut: number;
  /** What was said to those who were refused: none is right. */
  readonly refused: readonly string[];
}

/**
 * Signs somebody in again and again, as a browser does it: what is starting is asked again.
 * @returns ends it, once the sign-in under way has come to its end, and gives the count
 */
export function keepSigningIn(dashboard: Dashboard, person: CastMember): () => Promise<SignIns> {
  const count = { done: 0, away: 0, cut: 0, refused: [] as string[] };
  let goesOn = true;
  let last = false;
  const going = (async () => {
    // The last one has to get in, however K10 is doing when the end is called.
    while (goesOn || !last) {
      last = await once(dashboard, person, count);
      await pause(BREATH_MS);
    }
  })();
  return async () => {
    last = false;
    goesOn = false;
    await going;
    return count;
  };
}

async function once(
  dashboard: Dashboard,
  person: CastMember,
  count: { done: number; away: number; cut: number; refused: string[] },
): Promise<boolean> {
  const visit = await signIn(dashboard, person);
  if (visit.signedIn) count.done += 1;
  else if (AWAY.test(visit.page)) count.away += 1;
  else if (CUT.test(visit.page)) count.cut += 1;
  else count.refused.push(visit.page);
  // Who was refused would be so for ever.
  return visit.signedIn || count.refused.length > 0;
}
