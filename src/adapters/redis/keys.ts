/** In the place of a state, a cluster or a kind of requests: whichever. */
export const ANY = '*';

/**
 * Every key Kastellan's stores use in Redis; BullMQ's live under `{kastellan}:jobs:`. What stands in braces alone decides
 * the slot (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags): a transaction goes over
 * several keys, and a Redis Cluster takes it only where all of them are in one.
 */
export const KEYS = {
  request: (id: string) => `{kastellan}:request:${id}`,
  /** Sorted by creation time. */
  requests: (state: string, cluster: string, kind: string) =>
    `{kastellan}:requests:${state}:${cluster}:${kind}`,
  /** What changed lately, sorted by the time of the change. */
  requestsChanged: '{kastellan}:requests-changed',
  /** What a person asked for, or would be given; sorted by creation time. */
  requestsOfPerson: (slackUserId: string) => `{kastellan}:requests-of:${slackUserId}`,
  /** Those for access that would be given to a person; sorted by creation time. */
  accessFor: (slackUserId: string) => `{kastellan}:access-for:${slackUserId}`,
  grant: (id: string) => `{kastellan}:grant:${id}`,
  /** Sorted by their end. */
  grantsLive: '{kastellan}:grants:live',
  /** Sorted by the time until which Entra may bring them back. */
  grantsRestorable: '{kastellan}:grants:restorable',
  /** Sorted by creation time, like the next two. */
  grantsUnreviewed: '{kastellan}:grants:unreviewed',
  grantsOfPerson: (slackUserId: string) => `{kastellan}:grants-of:${slackUserId}`,
  grantsOfMembership: (groupId: string, personId: string) => `{kastellan}:grants-in:${groupId}:${personId}`,
  roster: (groupId: string) => `{kastellan}:roster:${groupId}`,
  /** Slack user id to Entra object ID, and back. */
  links: '{kastellan}:links:by-slack',
  linked: '{kastellan}:links:by-entra',
  /** What is remembered of a person's break-glass, by Slack user id. */
  breakGlass: (person: string) => `{kastellan}:break-glass:${person}`,
  /** Which ways to administer a cluster's K10 operators accepted, by the path's id. */
  acceptedAdmins: (cluster: string) => `{kastellan}:accepted-admins:${cluster}`,
  journal: (requestId: string) => `{kastellan}:journal:${requestId}`,
  reminder: (id: string) => `{kastellan}:reminder:${id}`,
  /** Sorted by the time at which they were closed; those that are open stand at infinity. */
  reminders: '{kastellan}:reminders',
  /** When those end that are watched. */
  credentialEnds: '{kastellan}:credential-ends',
  digest: (week: string) => `{kastellan}:digest:${week}`,
  auditHead: '{kastellan}:audit:head',
  auditEntries: '{kastellan}:audit:entries',
  /** The last sequence up to which every entry is in the lists of the next line. */
  auditIndexed: '{kastellan}:audit:indexed',
  /** The sequences of the entries about one, the oldest first. */
  auditOf: (what: 'person' | 'cluster' | 'request', id: string) => `{kastellan}:audit-of-${what}:${id}`,
  /** What each sink has taken, by its name. */
  anchorFailures: '{kastellan}:audit:anchor-failures',
  auditSinks: '{kastellan}:audit:sinks',
  lease: (name: string) => `{kastellan}:lease:${name}`,
  /** Cards that are to show something new, sorted by the version they are to show. */
  messagesWanted: '{kastellan}:messages-wanted',
  message: (cardId: string) => `{kastellan}:message:${cardId}`,
  /** What tells a card from a forged one: its seal, and how many posts Slack has not confirmed. */
  cardSeal: (cardId: string) => `{kastellan}:card-seal:${cardId}`,
  /** What was done already, by its kind and id. */
  replay: (what: string, id: string) => `{kastellan}:replay:${what}:${id}`,
  /** When the bucket of a person, or the workspace's, is full again, in epoch milliseconds. */
  limitOfPerson: (slackUserId: string, kind: string) => `{kastellan}:limit:${kind}:${slackUserId}`,
  limitOfWorkspace: '{kastellan}:limit:workspace',
  /** Whether a person was told lately that it is too much. */
  limitTold: (slackUserId: string) => `{kastellan}:limit-told:${slackUserId}`,
  /** When the bucket of a method of Slack is full again, in epoch milliseconds. */
  budget: (method: string) => `{kastellan}:budget:${method}`,
  /** What people are called in Slack, by Slack user id; empty where Slack does not tell. */
  name: (slackUserId: string) => `{kastellan}:name:${slackUserId}`,
  /** Who was in a user group when it was read last. */
  groupMembers: (userGroup: string) => `{kastellan}:group-members:${userGroup}`,
  /** Fingerprints of what the card showed last, newest first. */
  cardContents: (cardId: string) => `{kastellan}:card-contents:${cardId}`,
  /** Slack user id to the seal of that person's home tab. */
  personalSeals: '{kastellan}:home-seals',
  messageClaim: (cardId: string) => `{kastellan}:message-claim:${cardId}`,
  notified: (cardId: string) => `{kastellan}:told:${cardId}`,
  /** Who sends a direct message now, by the message. */
  telling: (notice: string) => `{kastellan}:telling:${notice}`,
  /** Direct messages that Slack has not taken yet, by the second in which they were to be sent. */
  untold: '{kastellan}:untold',
  /** Since when memory is short; absent while there is enough. */
  memoryShort: '{kastellan}:memory-short',
  dashboards: (cluster: string) => `{kastellan}:dashboards:${cluster}`,
  signInTrouble: (cluster: string, day: string) => `{kastellan}:sign-in-trouble:${cluster}:${day}`,
  session: (cluster: string) => `{kastellan}:session:${cluster}`,
} as const;
