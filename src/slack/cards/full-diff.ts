import type { KnownBlock, ModalView } from '@slack/web-api';
import type { Request } from '../../domain/request.ts';
import { codeSection, cutMarkup, header, section } from './blocks.ts';
import { escapeCode } from './escape.ts';
import { bySystem, diffText } from './plan-parts.ts';

const VIEW_BLOCKS = 100;
// Slack takes 250 kB a view; this leaves room for the frame around the text.
const VIEW_BYTES = 200_000;

/** The whole plan as a modal, and what did not fit into it, as text for the thread. */
export function fullDiff(request: Request): { view: ModalView; rest: readonly string[] } {
  const plan = request.plan;
  const blocks: KnownBlock[] = [];
  const rest: string[] = [];
  let bytes = 0;
  const add = (block: KnownBlock, text: string) => {
    bytes += Buffer.byteLength(JSON.stringify(text));
    if (blocks.length >= VIEW_BLOCKS - 1 || bytes > VIEW_BYTES) rest.push(text);
    else blocks.push(block);
  };
  for (const { name, changes } of plan === undefined ? [] : bySystem(plan)) {
    add(header(`diff:${name}`, name), name);
    for (const [index, change] of changes.entries()) {
      const text = diffText(change);
      for (const [part, piece] of pieces(text).entries())
        add(codeSection(`diff:${name}:${index}:${part}`, piece), piece);
    }
  }
  if (plan?.handOver !== undefined) {
    add(header('diff:hand-over', `Values to commit for ${plan.handOver.keeper}`), plan.handOver.keeper);
    for (const [part, piece] of pieces(escapeCode(plan.handOver.values)).entries()) {
      add(codeSection(`diff:hand-over:${part}`, piece), piece);
    }
  }
  if (blocks.length === 0) blocks.push(section('diff:none', 'This plan changes nothing.'));
  if (rest.length > 0)
    blocks.push(section('diff:more', `The rest (${rest.length} parts) is in the thread of the card.`));
  const view: ModalView = {
    type: 'modal',
    callback_id: 'request.diff',
    title: { type: 'plain_text', text: `Plan ${(request.planDigest ?? '').slice(0, 6)}`.trim() },
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
