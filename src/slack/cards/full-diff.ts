import type { KnownBlock, ModalView } from '@slack/web-api';
import type { Request } from '../../domain/request.ts';
import { codeSection, cutMarkup, header, section } from './blocks.ts';
import { escapeCode } from './escape.ts';
import { bySystem, diffText } from './plan-parts.ts';

const VIEW_BLOCKS = 100;
// Slack takes 250 kB a view; this leaves room for the frame around the text.
const VIEW_BYTES = 200_000;

interface Part {
  readonly block: KnownBlock;
  /** The same for the thread. */
  readonly text: string;
}

/** A modal, and what did not fit into it, as text for the thread. */
export interface Diff {
  readonly view: ModalView;
  readonly rest: readonly string[];
}

/** The whole plan as a modal: every change with all its values. */
export function fullDiff({ plan, planDigest }: Pick<Request, 'plan' | 'planDigest'>): Diff {
  const changes = (plan === undefined ? [] : bySystem(plan)).flatMap(({ name, changes }) => [
    titlePart(`diff:${name}`, name),
    ...changes.flatMap((change, index) => codeParts(`diff:${name}:${index}`, diffText(change))),
  ]);
  const { handOver } = plan ?? {};
  const values =
    handOver === undefined
      ? []
      : [
          titlePart('diff:hand-over', `Values to commit for ${handOver.keeper}`),
          ...codeParts('diff:hand-over', escapeCode(handOver.values)),
        ];
  return diffOf(planDigest, [...changes, ...values]);
}

/** The whole plans of a batch as a modal, one behind the other; so many of them leave no room for more than code. */
export function fullDiffs(
  { planDigest }: Pick<Request, 'planDigest'>,
  plans: readonly Pick<Request, 'cluster' | 'plan'>[],
): Diff {
  const all = plans.flatMap(({ cluster, plan }, index) => {
    if (plan === undefined) return [];
    const changes = bySystem(plan).flatMap((system) => system.changes.map(diffText));
    const values = plan.handOver === undefined ? [] : [escapeCode(plan.handOver.values)];
    return codeParts(`diff:${index}`, [escapeCode(`${cluster}:`), ...changes, ...values].join('\n'));
  });
  return diffOf(planDigest, all);
}

function titlePart(id: string, text: string): Part {
  return { block: header(id, text), text };
}

function codeParts(id: string, text: string): Part[] {
  return pieces(text).map((piece, part) => ({ block: codeSection(`${id}:${part}`, piece), text: piece }));
}

function diffOf(planDigest: string | undefined, parts: readonly Part[]): Diff {
  const blocks: KnownBlock[] = [];
  const rest: string[] = [];
  let bytes = 0;
  for (const { block, text } of parts) {
    bytes += Buffer.byteLength(JSON.stringify(text));
    if (blocks.length >= VIEW_BLOCKS - 1 || bytes > VIEW_BYTES) rest.push(text);
    else blocks.push(block);
  }
  if (blocks.length === 0) blocks.push(section('diff:none', 'This plan changes nothing.'));
  if (rest.length > 0)
    blocks.push(section('diff:more', `The rest (${rest.length} parts) is in the thread of the card.`));
  const view: ModalView = {
    type: 'modal',
    callback_id: 'request.diff',
    title: { type: 'plain_text', text: `Plan ${(planDigest ?? '').slice(0, 6)}`.trim() },
    close: { type: 'plain_text', text: 'Close' },
    blocks,
  };
  return { view, rest };
}

const PIECE = 2_900;

// A change with very many differences goes over several blocks, at line ends.
function pieces(text: string): string[] {
  const found: string[] = [];
  let piece = '';
  for (const line of text.split('\n').flatMap(shortLines)) {
    if (piece.length + line.length + 1 > PIECE) {
      found.push(piece);
      piece = '';
    }
    piece += piece === '' ? line : `\n${line}`;
  }
  return piece === '' ? found : [...found, piece];
}

function shortLines(line: string): string[] {
  return line.length < PIECE ? [line] : [cutMarkup(line, PIECE - 1)];
}
