import { shareText } from '../../domain/status/memory.ts';
import type { MemoryView } from '../../ports/messenger.ts';
import { message, type SlackMessage, section } from '../blocks/blocks.ts';

/** To operators: the store of requests will be full. */
export function memoryMessage({ memory }: MemoryView): SlackMessage {
  const said = [
    `:warning: Redis uses ${shareText(memory.usedBytes, memory.limitBytes)} of memory. Once it is full, Kastellan can store no request and no decision.`,
    'Give it more (`maxmemory`), or keep less (`history.keep`). Nothing is lost so far.',
  ];
  return message([section('memory', said.join('\n'))]);
}
