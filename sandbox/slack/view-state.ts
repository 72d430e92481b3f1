import { isJson, type Json, jsonList, text } from './json.ts';

/** What somebody enters: text or one choice, several choices, or nothing. Choices are named by their value. */
export type Entry = string | string[] | null;

/** What somebody enters into a modal, by block ID. Blocks left out keep what the view came with. */
export type Entries = Record<string, Entry>;

/** Elements of a block that people act on, wherever the block keeps them. */
export function elementsOf(block: Json): Json[] {
  return [block['element'], block['accessory'], ...jsonList(block['elements'])].filter(isJson);
}

/** Which field of Slack's state holds the answer, per kind of element, and how it is written. */
const STATE_FIELDS: Record<
  string,
  { field: string; kind: 'text' | 'option' | 'id' | 'number'; many: boolean }
> = {
  plain_text_input: { field: 'value', kind: 'text', many: false },
  email_text_input: { field: 'value', kind: 'text', many: false },
  url_text_input: { field: 'value', kind: 'text', many: false },
  number_input: { field: 'value', kind: 'text', many: false },
  datepicker: { field: 'selected_date', kind: 'text', many: false },
  timepicker: { field: 'selected_time', kind: 'text', many: false },
  datetimepicker: { field: 'selected_date_time', kind: 'number', many: false },
  static_select: { field: 'selected_option', kind: 'option', many: false },
  external_select: { field: 'selected_option', kind: 'option', many: false },
  radio_buttons: { field: 'selected_option', kind: 'option', many: false },
  checkboxes: { field: 'selected_options', kind: 'option', many: true },
  multi_static_select: { field: 'selected_options', kind: 'option', many: true },
  users_select: { field: 'selected_user', kind: 'id', many: false },
  multi_users_select: { field: 'selected_users', kind: 'id', many: true },
  channels_select: { field: 'selected_channel', kind: 'id', many: false },
  multi_channels_select: { field: 'selected_channels', kind: 'id', many: true },
  conversations_select: { field: 'selected_conversation', kind: 'id', many: false },
  multi_conversations_select: { field: 'selected_conversations', kind: 'id', many: true },
};

/** The options an element offers, those in groups included. */
export function optionsOf(element: Json): Json[] {
  return [
    ...jsonList(element['options']),
    ...jsonList(element['option_groups']).flatMap((group) => jsonList(group['options'])),
  ];
}

/** What an element comes with before anybody touches it. */
export function initialEntry(element: Json): Entry {
  const plan = STATE_FIELDS[text(element['type'])];
  if (plan === undefined) return null;
  const initial = element[plan.field.replace('selected_', 'initial_').replace(/^value$/, 'initial_value')];
  if (Array.isArray(initial)) return initial.map(namedBy);
  return initial === undefined ? null : namedBy(initial);
}

/**
 * The state of one element after somebody entered something, as Slack sends it to the app;
 * undefined for elements without a state. Throws when a choice is not on offer.
 */
export function stateOf(element: Json, entry: Entry): Json | undefined {
  const type = text(element['type']);
  const plan = STATE_FIELDS[type];
  if (plan === undefined) return undefined;
  const written = (value: string) => (plan.kind === 'option' ? offered(element, value) : value);
  if (plan.many) return { type, [plan.field]: listOf(entry).map(written) };
  const [one] = listOf(entry);
  if (one === undefined || one === '') return { type, [plan.field]: null };
  return { type, [plan.field]: plan.kind === 'number' ? Number(one) : written(one) };
}

/** The whole state of a view, `block_id -> action_id -> state`, after these entries. */
export function viewState(blocks: Json[], entries: Entries): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const block of blocks) {
    const id = text(block['block_id']);
    for (const element of elementsOf(block)) {
      const state = stateOf(element, entries[id] === undefined ? initialEntry(element) : entries[id]);
      if (state !== undefined) values[id] = { ...values[id], [text(element['action_id'])]: state };
    }
  }
  return values;
}

/** What Slack's own client says about a form before it sends it, by block ID. */
export function formErrors(blocks: Json[], entries: Entries): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const block of blocks) {
    const element = block['element'];
    if (block['type'] !== 'input' || !isJson(element)) continue;
    const id = text(block['block_id']);
    const entry = listOf(entries[id] === undefined ? initialEntry(element) : entries[id]).filter(Boolean);
    const error = entryError(element, entry, block['optional'] === true);
    if (error !== undefined) errors[id] = error;
  }
  return errors;
}

function entryError(element: Json, entry: string[], optional: boolean): string | undefined {
  const first = entry[0];
  if (first === undefined) return optional ? undefined : 'Please complete this required field.';
  const min = Number(element['min_length'] ?? 0);
  const max = Number(element['max_length'] ?? 3000);
  if (first.length < min) return `Please enter at least ${min} characters.`;
  if (first.length > max) return `Please enter no more than ${max} characters.`;
  if (entry.length > Number(element['max_selected_items'] ?? Infinity)) return 'Too many items are selected.';
  return undefined;
}

function listOf(entry: Entry): string[] {
  if (entry === null) return [];
  return Array.isArray(entry) ? entry : [entry];
}

function namedBy(initial: unknown): string {
  return isJson(initial) ? text(initial['value']) : String(initial);
}

function offered(element: Json, value: string): Json {
  const option = optionsOf(element).find((candidate) => candidate['value'] === value);
  if (option === undefined) throw new Error(`There is no option with the value ${JSON.stringify(value)}`);
  return option;
}
