import type { Json } from '../json.ts';

export type StepState = 'started' | 'done' | 'failed' | 'undoing' | 'undone' | 'undo-failed';

/** The stored progress of one step of one request. */
export interface StepRecord {
  readonly step: string;
  readonly state: StepState;
  /** ISO times. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** What the card says behind the step's title: `2 members`. */
  readonly note?: string;
  /** What the step found out and its undo or later steps need: ids, what was there before. Never a secret. */
  readonly memory: { readonly [key: string]: Json };
  /** How often the step was begun. */
  readonly attempts: number;
  readonly problem?: string;
}

export type Journal = Readonly<Record<string, StepRecord>>;
