/** Every key Kastellan's stores use in Redis; BullMQ's live under `kastellan:jobs:`. */
export const KEYS = {
  request: (id: string) => `kastellan:request:${id}`,
  /** Sorted by creation time; `*` stands for any state, cluster or kind. */
  requests: (state: string, cluster: string, kind: string) =>
    `kastellan:requests:${state}:${cluster}:${kind}`,
  journal: (requestId: string) => `kastellan:journal:${requestId}`,
  auditHead: 'kastellan:audit:head',
  auditEntries: 'kastellan:audit:entries',
  lease: (name: string) => `kastellan:lease:${name}`,
  message: (cardId: string) => `kastellan:message:${cardId}`,
  messageClaim: (cardId: string) => `kastellan:message-claim:${cardId}`,
  told: (cardId: string) => `kastellan:told:${cardId}`,
  dashboards: (cluster: string) => `kastellan:dashboards:${cluster}`,
} as const;
