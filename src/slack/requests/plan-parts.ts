import type { Change, Difference, Plan, Sign, System } from '../../domain/requests/plan.ts';
import { cut, escapeCode } from '../blocks/escape.ts';
import { count } from '../blocks/words.ts';

const SYSTEMS: readonly (readonly [System, string])[] = [
  ['entra', 'Entra'],
  ['kubernetes', 'Kubernetes'],
  ['helm', 'Helm'],
];
const SIGN_WORDS: Readonly<Record<Sign, string>> = {
  '+': 'create',
  '~': 'change',
  '-': 'remove',
  '=': 'keep',
};
const SHOWN_VALUES = 4;

/** The changes of a plan by system, in the order in which they are shown. */
export function bySystem(plan: Plan): { name: string; system: System; changes: readonly Change[] }[] {
  return SYSTEMS.map(([system, name]) => ({
    name,
    system,
    changes: plan.changes.filter((change) => change.system === system),
  })).filter(({ changes }) => changes.length > 0);
}

/** One line of the card, as code: Terraform's sign, then what it is about, letter by letter. */
export function changeLine(change: Change): string {
  return escapeCode(`${change.sign} ${oneLine(cut(change.summary, 400))}`);
}

/** Which values of the release differ, as code; the ones that replace something first. */
export function valueLines(change: Change): string[] {
  const replacing = change.differences.filter(({ before }) => before !== undefined);
  const others = change.differences.filter(({ before }) => before === undefined);
  const ordered = [...replacing, ...others];
  const shown = ordered
    .slice(0, SHOWN_VALUES)
    .map((difference) => escapeCode(`    ${oneLine(valueLine(difference))}`));
  const more = ordered.length - shown.length;
  return more > 0 ? [...shown, `    and ${count(more, 'more value')}, see Full diff`] : shown;
}

function valueLine({ path, before, after }: Difference): string {
  const name = cut(path, 120);
  if (after === undefined) return `${name} removed`;
  const now = cut(after, 120);
  return before === undefined ? `${name} = ${now}` : `${name}: ${cut(before, 120)} -> ${now}`;
}

/** The plan as one sentence to be read aloud: `create 5, change 1`. */
export function spokenPlan(plan: Plan): string {
  return spokenChanges(plan.changes);
}

/** The same of some changes. */
export function spokenChanges(changes: readonly Change[]): string {
  const parts = (Object.keys(SIGN_WORDS) as Sign[])
    .map((sign) => [SIGN_WORDS[sign], changes.filter((change) => change.sign === sign).length] as const)
    .filter(([, number]) => number > 0)
    .map(([word, number]) => `${word} ${number}`);
  return parts.length === 0 ? 'nothing to change' : parts.join(', ');
}

/** One change with every difference, as the text of a code block. */
export function diffText(change: Change): string {
  const differences = change.differences.flatMap(({ path, before, after }) => [
    ...(before === undefined ? [] : [`  - ${oneLine(path)}: ${oneLine(before)}`]),
    ...(after === undefined ? [] : [`  + ${oneLine(path)}: ${oneLine(after)}`]),
  ]);
  return [`${change.sign} ${oneLine(change.summary)}`, ...differences].map(escapeCode).join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
