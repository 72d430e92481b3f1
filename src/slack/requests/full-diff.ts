import type { KnownBlock, ModalView } from '@slack/web-api';
import type { Request } from '../../domain/requests/request.ts';
import { codeSection, cutMarkup, header, section } from '../blocks/blocks.ts';
import { escapeCode } from '../blocks/escape.ts';
import { count } from '../blocks/words.ts';
import { bySystem, diffText } from './plan-parts.ts';

const VIEW_BLOCKS = 100;
// Slack takes 250 kB a view; this leaves room for the frame around the text.
const VIEW_BYTES = 200_000;

/** The whole plan as a modal: every change with all its values. What does not fit is in the thread, which has all of it. */
export function fullDiff({ plan, planDigest }: Pick<Request, 'plan' | 'planDigest'>): ModalView {
  const changes = (plan === undefined ? [] : bySystem(plan)).flatMap(({ name, changes }) => [
    header(`diff:${name}`, name),
    ...changes.flatMap((change, index) => codeBlocks(`diff:${name}:${index}`, diffText(change))),
  ]);
  const { handOver } = plan ?? {};
  const values =
    handOver === undefined
      ? []
      : [
          header('diff:hand-over', `Values to commit for ${handOver.keeper}`),
          ...codeBlocks('diff:hand-over', escapeCode(handOver.values)),
        ];
  return diffOf(planDigest, [...changes, ...values]);
}

/** The whole plans of a batch as a modal, one behind the other; so many of them leave no room for more than code. */
export function fullDiffs(
  { planDigest }: Pick<Request, 'planDigest'>,
  plans: readonly Pick<Request, 'cluster' | 'plan'>[],
): ModalView {
  const all = plans.flatMap(({ cluster, plan }, index) => {
    if (plan === undefined) return [];
    const changes = bySystem(plan).flatMap((system) => system.changes.map(diffText));
    const values = plan.handOver === undefined ? [] : [escapeCode(plan.handOver.values)];
    return codeBlocks(`diff:${index}`, [escapeCode(`${cluster}:`), ...changes, ...values].join('\n'));
  });
  return diffOf(planDigest, all);
}

function codeBlocks(id: string, text: string): KnownBlock[] {
  return pieces(text).map((piece, part) => codeSection(`${id}:${part}`, piece));
}

function diffOf(planDigest: string | undefined, all: readonly KnownBlock[]): ModalView {
  const blocks: KnownBlock[] = [];
  let bytes = 0;
  for (const block of all) {
    bytes += Buffer.byteLength(JSON.stringify(block));
    if (blocks.length >= VIEW_BLOCKS - 1 || bytes > VIEW_BYTES) break;
    blocks.push(block);
  }
  const rest = all.length - blocks.length;
  if (all.length === 0) blocks.push(section('diff:none', 'This plan changes nothing.'));
  if (rest > 0)
    blocks.push(
      section('diff:more', `There is more (${count(rest, 'part')}): the thread of the card has all.`),
    );
  return {
    type: 'modal',
    callback_id: 'request.diff',
    title: { type: 'plain_text', text: `Plan ${(planDigest ?? '').slice(0, 6)}`.trim() },
    close: { type: 'plain_text', text: 'Close' },
    blocks,
  };
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
