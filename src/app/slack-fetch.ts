import { type CallOutcome, outcomeOfStatus } from '../domain/remote-call.ts';
import type { WatchCall } from '../ports/telemetry.ts';
export type SlackFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

const PRIVATE_ANSWER = 'response_url';

interface Answer {
  readonly response: Response;
  readonly outcome: CallOutcome;
}

/** How every client of Slack sends its requests: as usual, each told to `watch` by the name of its method. */
export function watchedSlackFetch(watch: WatchCall): SlackFetch {
  return async (url, init) => {
    const call = { system: 'slack', operation: methodOf(url) } as const;
    const { response } = await watch(
      call,
      () => send(url, init),
      ({ outcome }) => outcome,
    );
    return response;
  };
}

async function send(url: string | URL, init: RequestInit | undefined): Promise<Answer> {
  const response = await fetch(url, init);
  const checked = response.ok && isMethod(url) ? await requireJson(response) : response;
  return { response: checked, outcome: await outcomeOf(checked) };
}

// Slack's client takes an answer that breaks off for a fault of its own, and a page of a proxy for Slack's refusal. As failed
// requests both are what they are: nobody knows whether Slack did it.
async function requireJson(response: Response): Promise<Response> {
  const body = await response.text();
  JSON.parse(body);
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

function isMethod(url: string | URL): boolean {
  return methodOf(url) !== PRIVATE_ANSWER;
}

// The address of a private answer is a secret of its own and names no method.
function methodOf(url: string | URL): string {
  return /\/api\/([A-Za-z.]+)$/.exec(new URL(url).pathname)?.[1] ?? PRIVATE_ANSWER;
}

// Slack says no with status 200.
async function outcomeOf(response: Response): Promise<CallOutcome> {
  const byStatus = outcomeOfStatus(response.status);
  if (byStatus !== 'ok' || !response.headers.get('content-type')?.includes('json')) return byStatus;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  const refused = typeof body === 'object' && body !== null && 'ok' in body && body.ok === false;
  return refused ? 'refused' : 'ok';
}
