import { isJson, type Json, jsonList, text } from './json.ts';
import type { SlackPerson } from './options.ts';
import { type Entries, type Entry, initialEntry, optionsOf } from './view-state.ts';
import type { View } from './views.ts';

/** What the page can draw in a form; everything else is turned into one of these. */
const STAND_INS: Record<string, 'plain_text_input' | 'static_select' | 'checkboxes'> = {
  email_text_input: 'plain_text_input',
  url_text_input: 'plain_text_input',
  number_input: 'plain_text_input',
  timepicker: 'plain_text_input',
  datetimepicker: 'plain_text_input',
  multi_static_select: 'checkboxes',
  multi_users_select: 'checkboxes',
  multi_channels_select: 'checkboxes',
  multi_conversations_select: 'checkboxes',
  static_select: 'static_select',
  users_select: 'static_select',
  channels_select: 'static_select',
  conversations_select: 'static_select',
};

/** Whom and what pickers offer. */
export interface Offer {
  people: SlackPerson[];
  channels: { id: string; name: string }[];
}

/** A modal in the words of local-slack's page, with the values its form starts with. */
export function forPage(view: View, offer: Offer): Json {
  const blocks = view.blocks.map((block) =>
    isJson(block['element']) ? { ...block, element: drawable(block['element'], offer) } : block,
  );
  return { ...view, blocks, initial_entries: initialEntries(blocks) };
}

/** What the page sends for a form, as entries by block ID; inputs left empty are null. */
export function fromPage(view: View, values: unknown): Entries {
  const entries: Entries = {};
  for (const block of view.blocks) {
    if (block['type'] !== 'input') continue;
    const id = text(block['block_id']);
    const byAction = isJson(values) ? values[id] : undefined;
    entries[id] = isJson(byAction) ? entryOf(Object.values(byAction)[0]) : null;
  }
  return entries;
}

/** One answer of the page, in a form or a message, as an entry. */
export function entryOf(answer: unknown): Entry {
  if (!isJson(answer)) return null;
  if (Array.isArray(answer['selected_options'])) {
    return jsonList(answer['selected_options']).map((option) => text(option['value']));
  }
  if (isJson(answer['selected_option'])) return text(answer['selected_option']['value']);
  const single = answer['selected_date'] ?? answer['value'];
  return typeof single === 'string' && single !== '' ? single : null;
}

function drawable(element: Json, offer: Offer): Json {
  const type = text(element['type']);
  const standIn = STAND_INS[type];
  if (standIn === undefined) return element;
  const initial = initialEntry(element);
  const options = offered(type, element, offer);
  const chosen = options.filter((option) => [initial].flat().includes(text(option['value'])));
  if (standIn === 'plain_text_input') return { ...element, type: standIn, initial_value: initial ?? '' };
  return standIn === 'checkboxes'
    ? { ...element, type: standIn, options, initial_options: chosen }
    : { ...element, type: standIn, options, initial_option: chosen[0] };
}

function offered(type: string, element: Json, offer: Offer): Json[] {
  if (type.includes('users')) {
    return offer.people.map((person) => optionFor(person.id, person.realName));
  }
  if (type.includes('channels') || type.includes('conversations')) {
    return offer.channels.map((channel) => optionFor(channel.id, `#${channel.name}`));
  }
  return optionsOf(element);
}

function optionFor(value: string, label: string): Json {
  return { value, text: { type: 'plain_text', text: label } };
}

function initialEntries(blocks: Json[]): Json {
  const entries: Json = {};
  for (const block of blocks) {
    const element = block['element'];
    if (block['type'] !== 'input' || !isJson(element)) continue;
    const start = startingState(element);
    if (start !== undefined) entries[text(block['block_id'])] = { [text(element['action_id'])]: start };
  }
  return entries;
}

function startingState(element: Json): Json | undefined {
  const type = element['type'];
  if (element['initial_options'] !== undefined) return { type, selected_options: element['initial_options'] };
  if (element['initial_option'] !== undefined) return { type, selected_option: element['initial_option'] };
  if (element['initial_date'] !== undefined) return { type, selected_date: element['initial_date'] };
  if (element['initial_value'] !== undefined) return { type, value: element['initial_value'] };
  return undefined;
}
