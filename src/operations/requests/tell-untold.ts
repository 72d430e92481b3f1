import type { Request } from '../../domain/requests/request.ts';
import type { Notice } from '../../ports/messenger.ts';
import type { RequestPorts } from '../../ports/world.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { viewRequest } from '../../workflows/requests/show-request.ts';

const ABOUT_STATE = /^(?:pending|refused|denied|withdrawn|expired|done|failed|undone|needs-operator)-(\d+)$/;

/**
 * Tells people what a process was to tell them of requests and did not: it died, or Slack did not take it. A state that
 * another has followed is not told any more.
 * @throws the first failure, once all were tried
 */
export async function tellUntold(world: RequestPorts): Promise<void> {
  await forEachConcurrently(await world.notifier.untold(), 1, async (notice) => {
    const request = await world.requests.find(notice.cardId);
    if (request === undefined || isOvertaken(request, notice)) await world.notifier.forgetNotice(notice);
    else await world.notifier.tell(notice.to, notice.topic, await viewRequest(world, request));
  });
}

function isOvertaken({ version }: Request, { topic }: Notice): boolean {
  const [, shown] = ABOUT_STATE.exec(topic) ?? [];
  return shown !== undefined && Number(shown) !== version;
}
