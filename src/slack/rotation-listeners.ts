import { type RequestRotationResult, requestRotation } from '../operations/request-rotation.ts';
import type { SlackMessage } from './cards/blocks.ts';
import { escapeTyped } from './cards/escape.ts';
import { wordsOf } from './cards/request-words.ts';
import { sentence } from './cards/teaching.ts';
import type { Front } from './front.ts';
import { howItStands } from './objections.ts';
import { type Visitor, whisper } from './whisper.ts';

/** Asks for a new client secret on the cluster that was named, or the only one there is. */
export async function askForRotation(front: Front, visitor: Visitor, named?: string): Promise<void> {
  const { clusters } = front.world.rules;
  const [first] = clusters;
  if (named === undefined && clusters.length > 1) {
    const names = clusters.slice(0, 30).map(({ name }) => escapeTyped(name));
    const known = `Kastellan keeps: ${names.join(', ')}.`;
    return whisper(front, visitor, sentence('Name the cluster: /kasten rotate and its name.', known));
  }
  const cluster = named ?? first?.name ?? '';
  const result = await requestRotation(front.world, visitor.user, cluster);
  await whisper(front, visitor, rotationMessage(front, cluster, result));
}

function rotationMessage(front: Front, cluster: string, result: RequestRotationResult): SlackMessage {
  const on = escapeTyped(cluster);
  if (result.ok) {
    return sentence(
      `Request ${result.request.id} for ${on} is in <#${front.approvalsChannel}>.`,
      'The plan comes there; you hear from me directly how it goes.',
    );
  }
  if (result.why === 'not-set-up') {
    return sentence(
      `Kasten on ${on} was not set up through Kastellan, so there is no client secret to rotate.`,
      'Start with /kasten setup.',
    );
  }
  const { request } = result;
  const subject = escapeTyped(wordsOf(request).inSentence);
  return sentence(
    `Nothing was asked for: ${subject} (request ${request.id}) is not over yet.`,
    ...howItStands(request),
    request.state === 'failed' ? 'Retry it or roll it back first.' : '',
  );
}
