import { type RequestState, WORKING_STATES } from '../../domain/requests/request.ts';
import { digestCardId } from '../../domain/secrets/expiry-digest.ts';
import { reminderCardId } from '../../domain/secrets/reminder.ts';
import { signInCardId } from '../../domain/status/sign-in-log.ts';
import type {
  AnchorProblemView,
  CardView,
  DigestView,
  PersonalView,
  ReminderView,
  RequestView,
  SignInFailuresView,
} from '../../ports/messenger.ts';

/** What has to be known of a card to send it; how it looks is somebody else's. */
export interface CardFacts {
  /** There is one message with this id, however often and wherever it is shown. */
  readonly id: string;
  /** Grows with each change; a card never goes back to a lower one. */
  readonly version: number;
  /** Where it is posted: among what waits for a decision, or where everybody hears of something. */
  readonly channel: 'approvals' | 'notifications';
  /** The card in whose thread it is posted, once it does not move any more; absent: it stands by itself. */
  readonly under?: string;
  /** Whether it reports progress: then it changes while its version stays. */
  readonly moves: boolean;
  /** Whether somebody has to press one of its buttons, so that it must be there to be pressed. */
  readonly waits: boolean;
}

// States in which a request waits for somebody to press a button on its card.
const WAITING_STATES: ReadonlySet<RequestState> = new Set(['pending', 'failed', 'needs-operator']);

/** What has to be known of the card that shows this. */
export function cardFacts(view: CardView): CardFacts {
  if ('failures' in view) return signInFacts(view);
  if ('request' in view) return requestFacts(view);
  return 'reminder' in view ? reminderFacts(view) : digestFacts(view);
}

/** The same of what is only told to one person, where nothing may be shown in a channel. */
export function personalFacts(view: PersonalView): Pick<CardFacts, 'id' | 'waits'> {
  // One a day, however often and on what such a button is pressed.
  if ('forgery' in view) return { id: `forgery-${view.forgery.at.slice(0, 10)}`, waits: false };
  if ('anchorProblem' in view) return { id: anchorProblemId(view), waits: false };
  if ('memory' in view) return { id: 'memory', waits: false };
  return 'link' in view ? { id: `link-${view.link.slackUserId}`, waits: false } : cardFacts(view);
}

// One for each event, whichever process sees it, and however often.
function anchorProblemId({ anchorProblem: { place, problem } }: AnchorProblemView): string {
  const event = problem.kind === 'mismatch' ? `${problem.sequence}-${problem.anchoredAt}` : problem.since;
  return `anchor-${problem.kind}-${place}-${event}`;
}

function requestFacts({ request, grant, parts = [] }: RequestView): CardFacts {
  const { id, version, state, batch } = request;
  return {
    id,
    // The card of a request also shows what it gave, and that of a batch its parts, which change by themselves.
    version: parts.reduce((sum, part) => sum + part.request.version, version + (grant?.version ?? 0)),
    channel: 'approvals',
    ...(batch !== undefined && { under: batch }),
    moves: state !== 'planning' && WORKING_STATES.includes(state),
    waits: WAITING_STATES.has(state),
  };
}

function signInFacts({ failures }: SignInFailuresView): CardFacts {
  const { version } = failures;
  return { id: signInCardId(failures), version, channel: 'notifications', moves: false, waits: false };
}

function reminderFacts({ reminder, card }: ReminderView): CardFacts {
  const { id, cards, closed } = reminder;
  return {
    id: reminderCardId(id, card.days),
    version: card.version,
    channel: 'notifications',
    moves: false,
    waits: closed === undefined && cards.at(-1)?.days === card.days,
  };
}

// It is told once and never changes.
function digestFacts({ digest }: DigestView): CardFacts {
  return { id: digestCardId(digest), version: 1, channel: 'notifications', moves: false, waits: false };
}
