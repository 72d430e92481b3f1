import type { Json } from '../../domain/json.ts';

/** What a step is given while it runs. */
export interface StepRun {
  /** Aborts when this process must let go of the request. */
  readonly signal: AbortSignal;
  /** What this step remembered, also in an earlier, interrupted run. */
  recall(key: string): Json | undefined;
  /** What another step remembered. */
  recallFrom(step: string, key: string): Json | undefined;
  /** Stores something for the undo and for later steps, before or after acting; never a secret. */
  remember(memory: Readonly<Record<string, Json>>): Promise<void>;
  /** Says what is going on now; shown live, not stored. */
  report(text: string): void;
}

/**
 * The code that makes one kind of change. `apply` and `undo` may be called again after an interruption at any point,
 * so both look before they act.
 */
export interface Step {
  readonly name: string;
  /** What people read: `Group Kasten Users`. */
  readonly title: string;
  /** Names of the steps that have to be done before. */
  readonly needs: readonly string[];
  /** @returns a few words for the card: `2 members` */
  apply(run: StepRun): Promise<string | undefined>;
  /** Puts back what was there before; without it the step leaves nothing to put back. */
  undo?(run: StepRun): Promise<string | undefined>;
}

/** A remembered text. */
export function textFrom(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
