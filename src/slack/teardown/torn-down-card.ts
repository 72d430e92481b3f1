import type { RequestView } from '../../ports/messenger.ts';
import { context, header, lines, message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { person } from '../blocks/words.ts';
import { handOverBlocks, record, tookWords } from '../requests/outcome-parts.ts';
import { approvedBy } from '../requests/progress-card.ts';
import { blockId } from '../requests/request-ids.ts';
import { wordsOf } from '../requests/request-words.ts';

/** What is gone and what was left; or the values to commit first, where somebody else keeps the release. */
export function tornDownCard(view: RequestView<'teardown'>): SlackMessage {
  const { request } = view;
  const handOver = request.plan?.handOver;
  const { title, said } =
    handOver === undefined
      ? ended(view)
      : {
          title: `K10 on ${request.cluster} has to let go first: one commit is left for you`,
          said: [
            'Nothing was changed, and nobody has to approve anything yet.',
            `*Next:* commit these values where ${escapeMarkup(handOver.keeper)} reads them, then run ${wordsOf(request).again} again: it removes the rest.`,
            ...(request.plan?.notes ?? []).slice(1).map((note) => escapeMarkup(note)),
          ],
        };
  const left = (request.outcome?.lines ?? []).map((line) => escapeMarkup(line));
  return message([
    header(blockId(request, 'title'), title),
    section(blockId(request, 'said'), said.join('\n')),
    lines(blockId(request, 'lines'), left, 'in the thread'),
    ...handOverBlocks(request),
    context(blockId(request, 'facts'), [
      tookWords(request),
      `asked by ${person(request.asker)}`,
      approvedBy(view),
      record(request),
    ]),
  ]);
}

function ended({ request }: RequestView<'teardown'>): { title: string; said: string[] } {
  if (request.startedAt === undefined) {
    return {
      title: `Nothing to tear down on ${request.cluster}`,
      said: ['All that was to go is gone already. Nothing was changed.'],
    };
  }
  const proofs = (request.outcome?.proofs ?? []).map(({ name }) => escapeMarkup(name));
  const proved = proofs.length === 0 ? [] : [`*Proved just now:* ${proofs.join(' · ')}`];
  const { cluster, spec } = request;
  if (spec.gone === true) {
    return {
      title: `What ${cluster} had left in Entra is removed`,
      said: [
        ...proved,
        '*Not looked at:* the cluster, which was said to be gone. Should it come back, K10 there needs another sign-in by `helm upgrade`.',
        `*Next:* take ${escapeTyped(cluster)} out of kastellan.yaml, unless a new cluster has its name.`,
      ],
    };
  }
  return { title: `Kasten on ${cluster} no longer signs in through Kastellan's app`, said: proved };
}
