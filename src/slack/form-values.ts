import { z } from 'zod';
import type { StateValues } from './forms.ts';

const elementSchema = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_date: z.string().nullish(),
  selected_options: z.array(z.object({ value: z.string() })).nullish(),
  selected_user: z.string().nullish(),
  selected_users: z.array(z.string()).nullish(),
});

/**
 * One field as it is filled in now; undefined where it is not shown or cannot be read.
 * @param isIt which action of the block is the field; any by default
 */
export function fieldOf(
  values: StateValues,
  block: string,
  isIt: (action: string) => boolean = () => true,
): z.output<typeof elementSchema> | undefined {
  const actions = Object.hasOwn(values, block) ? Object.entries(values[block] ?? {}) : [];
  const read = elementSchema.safeParse(actions.find(([action]) => isIt(action))?.[1]);
  return read.success ? read.data : undefined;
}

/** The value of the option that is chosen. */
export function choiceIn(values: StateValues, block: string): string | undefined {
  return fieldOf(values, block)?.selected_option?.value;
}

/** The day that is chosen, as `2026-12-05`; empty where there is none. */
export function dayIn(values: StateValues, block: string): string {
  return fieldOf(values, block)?.selected_date ?? '';
}

/** The text that was typed; empty where there is none. */
export function textIn(values: StateValues, block: string): string {
  return fieldOf(values, block)?.value ?? '';
}
