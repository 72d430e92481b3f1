import type { Request, RequestKind, RequestOf } from '../../domain/requests/request.ts';
import type { Removable } from '../../domain/teardown/teardown.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { asker, durationWords, listed, moment, person } from '../blocks/words.ts';
import { everythingHolds } from './outcome-parts.ts';

/** How cards and messages speak of one request. Plain text is not escaped yet; markup is. */
export interface RequestWords {
  /** Plain; the title while a plan is made and decided on: `Set-up of Kasten sign-in on prod-eu`. */
  readonly title: string;
  /** Plain; begins a title or sentence: `Set-up on prod-eu`. */
  readonly subject: string;
  /** Plain; inside a sentence: `the set-up on prod-eu`. */
  readonly inSentence: string;
  /** Plain; the title while it runs: `Setting up Kasten sign-in on prod-eu`. */
  readonly running: string;
  /** What is looked at while a plan is made: `Entra, Helm and the cluster`. */
  readonly looksAt: string;
  /** Markup; who asks for what. */
  readonly wish: string;
  /** Markup; to the asker where nothing had to be done, and when it was done. */
  readonly nothingToDo: string;
  readonly done: string;
  /** Markup; how to ask anew: `/kasten setup prod-eu`. */
  readonly again: string;
  /** Plain; the question of the form behind *Deny...*. */
  readonly whyNot: string;
  /** What rolling back does, and what it did; plain, and the same as markup. */
  readonly rollBack: { readonly does: string; readonly did: string };
}

// What made something takes it away again.
const UNMADE: RequestWords['rollBack'] = {
  does: 'Everything this request made is removed, newest first. What was there before stays.',
  did: 'Everything this request had made is gone again; what was there before is as it was.',
};

const WORDS: { readonly [Kind in RequestKind]: (request: RequestOf<Kind>) => RequestWords } = {
  access: accessWords,
  batch: batchWords,
  setup: setupWords,
  rotation: rotationWords,
  teardown: teardownWords,
};

/** How cards and messages speak of this request. */
export function wordsOf(request: Request): RequestWords {
  const words = WORDS[request.kind] as (request: Request) => RequestWords;
  return words(request);
}

function accessWords({ cluster, asker, spec }: RequestOf<'access'>): RequestWords {
  const { level, beneficiary, durationMs, breakGlass } = spec;
  const on = escapeTyped(cluster);
  const what = `*${escapeTyped(level, 60)}* on Kasten ${on}`;
  const own = asker === beneficiary;
  const whose = own ? person(asker) : `${person(asker)} asks for ${person(beneficiary)}, who`;
  return {
    title: `Access to Kasten ${cluster}: ${level} for ${durationWords(durationMs)}`,
    subject: `Access as ${level} on ${cluster}`,
    inSentence: `the access as ${level} on ${cluster}`,
    running: `Giving access as ${level} on ${cluster}`,
    looksAt: 'Entra',
    wish:
      breakGlass === true
        ? `${person(asker)} takes ${what} without asking, for ${durationWords(durationMs)}.`
        : `${whose} needs ${what} for ${durationWords(durationMs)}.`,
    nothingToDo: `${person(beneficiary)} has ${what} already. Nothing was changed.`,
    done: `${person(beneficiary)} has ${what} now. The card shows until when.`,
    again: '/kasten access',
    whyNot: `Why not give ${level} on ${cluster} now?`,
    rollBack: UNMADE,
  };
}

function setupWords(request: RequestOf<'setup'>): RequestWords {
  const { cluster, asker, spec } = request;
  const { origin, levels } = spec;
  const names = listed(levels.map(({ level }) => escapeTyped(level, 60)));
  const access = levels.length > 0 ? `, with access levels ${names}` : '';
  const on = escapeTyped(cluster);
  return {
    ...setUpOn(cluster),
    looksAt: 'Entra, Helm and the cluster',
    wish: `${person(asker)} wants Entra sign-in with MFA for ${escapeMarkup(origin)}${access}.`,
    again: `/kasten setup ${on}`,
    ...setupOutcome(request),
  };
}

// Where somebody has to commit values, or a proof does not hold, nobody may read that sign-in works.
function setupOutcome(request: RequestOf<'setup'>): Pick<RequestWords, 'nothingToDo' | 'done'> {
  const on = escapeTyped(request.cluster);
  if (request.plan?.handOver !== undefined) {
    const left = `one commit is left for you, and until then people sign in as before: the card has the values.`;
    return {
      nothingToDo: `All that Kastellan does for Kasten on ${on} is in place. Nothing was changed; ${left}`,
      done: `Entra is ready for Kasten on ${on}; ${left}`,
    };
  }
  return {
    nothingToDo: everythingHolds(request)
      ? `Kasten on ${on} is as you asked already. Nothing was changed.`
      : `Nothing had to be changed for Kasten on ${on}, but sign-in does not work: the card says what does not hold.`,
    done: `Kasten on ${on} signs in through Entra now. The card shows what was proved.`,
  };
}

/** @param where one cluster's name, or `3 clusters` */
function setUpOn(where: string) {
  return {
    title: `Set-up of Kasten sign-in on ${where}`,
    subject: `Set-up on ${where}`,
    inSentence: `the set-up on ${where}`,
    running: `Setting up Kasten sign-in on ${where}`,
    whyNot: `Why not set up ${where} now?`,
    rollBack: UNMADE,
  };
}

const NAMED = 10;

function batchWords({ cluster: clusters, asker, spec: { parts } }: RequestOf<'batch'>): RequestWords {
  const names = parts.slice(0, NAMED).map(({ cluster }) => escapeTyped(cluster));
  const more = parts.length - names.length;
  const levels = [...new Set(parts.flatMap((part) => part.spec.levels.map(({ level }) => level)))];
  const access = `with access levels ${listed(levels.map((level) => escapeTyped(level, 60)))}`;
  return {
    ...setUpOn(clusters),
    looksAt: 'Entra, Helm and the clusters',
    again: '/kasten setup',
    wish: `${person(asker)} wants Entra sign-in with MFA on ${listed(more > 0 ? [...names, `${more} more`] : names)}, ${access}.`,
    nothingToDo: `Kasten on all ${clusters} is as you asked already. Nothing was changed.`,
    done: `The set-up on ${clusters} is over. The card shows what became of each.`,
  };
}

function rotationWords(request: RequestOf<'rotation'>): RequestWords {
  const { cluster, spec } = request;
  const { setup, endsAt } = spec;
  const who = asker(request);
  const on = escapeTyped(cluster);
  const reason = endsAt === undefined ? '' : ` The one in use ends ${moment(endsAt)}.`;
  return {
    title: `Rotation of the client secret on ${cluster}`,
    subject: `Rotation on ${cluster}`,
    inSentence: `the rotation on ${cluster}`,
    running: `Rotating the client secret on ${cluster}`,
    looksAt: 'Entra and the cluster',
    wish: `${who} wants a new client secret for ${escapeTyped(setup.applicationName)}, with which Kasten on ${on} signs people in.${reason}`,
    nothingToDo: `Kasten on ${on} has a new client secret already. Nothing was changed.`,
    done: `Kasten on ${on} signs in with a new client secret now; the old one is removed. The card shows what was proved.`,
    again: `/kasten rotate ${on}`,
    whyNot: `Why not rotate the client secret on ${cluster} now?`,
    rollBack: {
      does: 'K10 gets the client secret back that it had before, and the new one is removed. What reads it restarts.',
      did: 'K10 has the client secret that it had before, and the new one is removed.',
    },
  };
}

const REMOVED: Readonly<Record<Removable, string>> = {
  bindings: 'the bindings',
  credential: 'the secrets',
  application: 'the app',
  groups: 'the groups that Kastellan made',
};

function teardownWords(request: RequestOf<'teardown'>): RequestWords {
  const { cluster, asker, spec } = request;
  if (spec.gone === true) return goneWords(request);
  const too = spec.remove.length === 0 ? '' : `, and ${removed(spec)} removed`;
  const on = escapeTyped(cluster);
  return {
    title: `Tear-down of Kasten sign-in on ${cluster}`,
    subject: `Tear-down on ${cluster}`,
    inSentence: `the tear-down on ${cluster}`,
    running: `Tearing down Kasten sign-in on ${cluster}`,
    looksAt: 'Entra, Helm and the cluster',
    wish: `${person(asker)} wants Kasten at ${escapeMarkup(spec.setup.origin)} to sign people in as before set-up${too}.`,
    nothingToDo: `Nothing was changed on ${on}. The card says why, and what is left for you.`,
    done: `Kasten on ${on} no longer signs people in through Kastellan's app. The card shows what is gone and what was left.`,
    again: `/kasten teardown ${on}`,
    whyNot: `Why not tear down ${cluster} now?`,
    rollBack: {
      does: 'What this request removed is put back, client secrets as new ones. Access for a time that it ended does not come back.',
      did: 'What this request had removed is there again, client secrets as new ones. Access for a time that it had ended does not come back.',
    },
  };
}

function goneWords({ cluster, asker, spec }: RequestOf<'teardown'>): RequestWords {
  const on = escapeTyped(cluster);
  return {
    title: `Tear-down of ${cluster}, which is said to be gone`,
    subject: `Tear-down of ${cluster} in Entra`,
    inSentence: `the tear-down of ${cluster} in Entra`,
    running: `Removing from Entra what ${cluster} has left there`,
    looksAt: 'Entra, and whether the cluster answers',
    wish: `${person(asker)} says that *${on} is gone for good* and wants what it has left in Entra removed: ${removed(spec)}.`,
    nothingToDo: `Nothing was left of ${on} in Entra, or nothing of it may go: the card says what. Nothing was changed.`,
    done: `What ${on} had left in Entra is removed. The card shows what is gone, what was left, and what was not looked at.`,
    again: `/kasten teardown ${on}`,
    whyNot: `Why not remove what ${cluster} left in Entra now?`,
    rollBack: {
      does: 'What this request deleted in Entra is fetched back. Client secrets that it removed do not come back, nor does access for a time that it ended.',
      did: 'What this request had deleted in Entra is there again. Client secrets that it had removed do not come back, nor does access for a time that it had ended.',
    },
  };
}

function removed({ remove }: RequestOf<'teardown'>['spec']): string {
  return listed(remove.map((what) => REMOVED[what]));
}
