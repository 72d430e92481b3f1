import { createHash } from 'node:crypto';
import type { EntraAccount } from '../person.ts';

/** Terraform's signs: create, change, remove, adopt. */
export type Sign = '+' | '~' | '-' | '=';
export type System = 'entra' | 'kubernetes' | 'helm';

export interface Difference {
  readonly path: string;
  /** What is there now, as text; absent when there is nothing. Secrets are written `(secret)`. */
  readonly before?: string;
  readonly after?: string;
}

/** Somebody who becomes a permanent member of a group. */
export interface NewMember extends EntraAccount {
  /** The access level; absent in plans of earlier versions. */
  readonly level?: string;
  /** Absent if they were found in Entra and are nobody whom the requester named. */
  readonly slackUserId?: string;
}

/** One change to one object. */
export interface Change {
  /** Stable over runs: `group:admin`. */
  readonly id: string;
  readonly sign: Sign;
  readonly system: System;
  /** One line for the card: `group Kasten Users (2 members)`. */
  readonly summary: string;
  readonly differences: readonly Difference[];
}

export interface Plan {
  readonly changes: readonly Change[];
  /** What is good to know and is no change: `K10's Deployments restart: 12`. */
  readonly notes: readonly string[];
  /** What notes and warnings have no room for, one by one; a line each, for the thread only. */
  readonly details?: readonly string[];
  /** What people must read before anything else, because it is unlike what they expect; plain text, a sentence each. */
  readonly warnings?: readonly string[];
  /** Who gets in for good by it. */
  readonly newMembers?: readonly NewMember[];
  /** Set where somebody else keeps the release: values to commit there, as YAML without secrets. */
  readonly handOver?: { readonly keeper: string; readonly values: string };
}

/** A change, of which only what differs below it may be left out. */
export function change(
  id: string,
  sign: Sign,
  system: System,
  summary: string,
  differences: readonly Difference[] = [],
): Change {
  return { id, sign, system, summary, differences };
}

// How a plan writes what will be known only after it was carried out: `<the new group>`.
const UNKNOWN = /<[a-z ]+>/g;

/** Whether carrying out this plan would write nothing. Adopting alone writes nothing, and values handed over neither. */
export function isEmpty(plan: Plan): boolean {
  return plan.changes.every((change) => change.sign === '=');
}

/** Twelve hex digits that stand for just these changes: what people approve. */
export function planDigest(plan: Plan): string {
  const identity = JSON.stringify([plan.changes.map(changeIdentity), plan.handOver?.values ?? null]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 12);
}

/**
 * Whether everything that is left to do was in the plan that people approved. Part of it may be done by now, and what
 * the plan could not know (written in angle brackets) may have become known.
 */
export function isCoveredBy(remaining: Plan, approved: Plan): boolean {
  return remaining.changes.every((change) => {
    if (change.sign === '=') return true;
    const known = approved.changes.find(({ id }) => id === change.id);
    return known !== undefined && change.differences.every((difference) => isDifferenceIn(known, difference));
  });
}

/**
 * Whether a plan is the approved one with less left to do, because somebody else has done part of it. Nothing may be kept or
 * handed over that was not in it just so.
 */
export function isRestOf(now: Plan, approved: Plan): boolean {
  const identities = new Set(approved.changes.map(changeIdentity));
  const kept = now.changes.filter(({ sign }) => sign === '=');
  return (
    isFilledIn(now.handOver?.values, approved.handOver?.values) &&
    kept.every((change) => identities.has(changeIdentity(change))) &&
    isCoveredBy(now, approved)
  );
}

function isDifferenceIn(approved: Change, { path, before, after }: Difference): boolean {
  return approved.differences.some(
    (known) =>
      known.path === path &&
      isFilledIn(after, known.after) &&
      (known.before === undefined || known.before === before),
  );
}

// Whether a text is the planned one, with an ID or a name in the place of what was not known. Nothing else may differ.
function isFilledIn(text: string | undefined, planned: string | undefined): boolean {
  if (text === undefined || planned === undefined || text === planned) return text === planned;
  const known = planned.split(UNKNOWN).map((part) => part.replaceAll(/[^\w\s]/g, '\\$&'));
  return new RegExp(`^${known.join('[\\w-]+')}$`).test(text);
}

function changeIdentity(change: Change): string {
  return JSON.stringify([change.id, change.sign, change.differences]);
}
