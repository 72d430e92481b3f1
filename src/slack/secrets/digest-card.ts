import type { DigestItem } from '../../domain/secrets/expiry-digest.ts';
import type { DigestView } from '../../ports/messenger.ts';
import { aloud, context, header, lines, message, type SlackMessage } from '../blocks/blocks.ts';
import { escapeTyped } from '../blocks/escape.ts';
import { count, day, listed } from '../blocks/words.ts';
import { hintOf, hintWords } from './reminder-words.ts';

const DAY_MS = 86_400_000;
// Of each kind, read aloud.
const SPOKEN = 5;

const PARTS: readonly { about: DigestItem['about']; title: string; what: string }[] = [
  {
    about: 'unused',
    title: 'Secrets nobody uses',
    what: 'Remove them in Entra: what nobody uses, only a thief can.',
  },
  {
    about: 'spare',
    title: 'Good beside the one in use',
    what: 'Remove the other one when nobody needs it any more.',
  },
  {
    about: 'long',
    title: 'Longer than allowed',
    what: 'Replace them by shorter ones; /kasten rotate does it for a Kasten.',
  },
  {
    about: 'unowned',
    title: 'Applications without an owner',
    what: 'Name somebody as owner in Entra, who then hears of their end.',
  },
];

/** What is to be tidied up this week, each with what to do. */
export function digestCard({ digest }: DigestView): SlackMessage {
  const { items, week } = digest;
  const id = (part: string): string => `card:digest-${week}:${part}`;
  const title = `${count(items.length, 'thing')} to tidy up among secrets and certificates`;
  const parts = PARTS.map((part) => ({
    ...part,
    own: items.filter(({ about }) => about === part.about),
  })).filter(({ own }) => own.length > 0);
  return message([
    header(id('title'), title),
    ...parts.map(({ about, title: name, what, own }) => {
      const all = [`*${name}* · ${what}`, ...own.map((item) => `• ${itemWords(item)}`)];
      return aloud([`${name}: ${spokenItems(own)}. ${what}`], lines(id(about), all, 'in /kasten secrets'));
    }),
    context(id('facts'), ['Told once a week', '/kasten secrets shows all of them']),
  ]);
}

function spokenItems(own: readonly DigestItem[]): string {
  const more = own.length - SPOKEN;
  const words = own.slice(0, SPOKEN).map(itemWords);
  return listed(more > 0 ? [...words, `${more} more, which /kasten secrets shows`] : words);
}

function itemWords(item: DigestItem): string {
  const { application, credential, about, allowedDays, inUseHint } = item;
  const name = escapeTyped(application, 80);
  if (credential === undefined) return name;
  const which = `${hintWords(credential)} of ${name}`;
  switch (about) {
    case 'long':
      return `${which}: ${lifetime(credential)} days, ${allowedDays} are allowed`;
    case 'spare': {
      const used = inUseHint === undefined ? 'a newer one is there' : `in use is ${inUse(item, inUseHint)}`;
      return `${which}, until ${day(credential.endsAt)}: ${used}`;
    }
    default:
      return `${which}, until ${day(credential.endsAt)}`;
  }
}

function inUse({ credential }: DigestItem, hint: string): string {
  return `\`${hintOf({ kind: credential?.kind ?? 'secret', hint })}\``;
}

function lifetime({ startsAt, endsAt }: { readonly startsAt: string; readonly endsAt: string }): number {
  return Math.round((Date.parse(endsAt) - Date.parse(startsAt)) / DAY_MS);
}
