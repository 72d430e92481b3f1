/** The systems Kastellan calls; `sign-in` is Entra's and K10's side of signing in, seen from outside. */
type RemoteSystem = 'graph' | 'helm' | 'kubernetes' | 'redis' | 'sign-in' | 'slack';

/** How a call ended: `refused` is an answer that says no, `failed` one that says the system cannot, `unreachable` is none. */
export type CallOutcome = 'ok' | 'not-found' | 'refused' | 'throttled' | 'failed' | 'unreachable' | 'aborted';

export interface RemoteCall {
  readonly system: RemoteSystem;
  /** What is done, in words that fit any object: `add a client secret`, `get secrets`. Never a name, an ID or a query. */
  readonly operation: string;
  /** The cluster's name in the configuration, where the call is about one. */
  readonly cluster?: string;
}

/** What an HTTP status says of a call. */
export function outcomeOfStatus(status: number): CallOutcome {
  if (status === 429) return 'throttled';
  if (status === 404) return 'not-found';
  if (status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'ok';
}
