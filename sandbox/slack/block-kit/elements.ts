import { isDeepStrictEqual } from 'node:util';
import { isJson, jsonList, text as stringOf } from '../json.ts';
import {
  bool,
  both,
  byType,
  fault,
  int,
  list,
  object,
  type Rule,
  type Shape,
  shaped,
  str,
  typeOf,
  url,
  word,
} from './rules.ts';

/** A `plain_text` object of at most `max` characters. */
export function plain(max: number): Rule {
  return byType({ plain_text: object({ needs: { text: str(max) }, may: { emoji: bool } }) });
}

/** A text object, `plain_text` or `mrkdwn`, of at most `max` characters. */
export function anyText(max: number): Rule {
  return byType({
    plain_text: object({ needs: { text: str(max) }, may: { emoji: bool } }),
    mrkdwn: object({ needs: { text: str(max) }, may: { verbatim: bool } }),
  });
}

const actionId = str(255);

const confirm = object({
  needs: { title: plain(100), text: anyText(300), confirm: plain(30), deny: plain(30) },
  may: { style: word('primary', 'danger') },
});

function option(label: Rule, description: Rule): Rule {
  return object({ needs: { text: label, value: str(150) }, may: { description, url: url() } });
}

const menuOption = option(plain(75), plain(75));
const tickOption = option(anyText(75), anyText(75));

const optionGroup = object({ needs: { label: plain(75), options: list(menuOption, 100) } });

/**
 * Every initial option must be one of the options, field by field:
 * https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
 */
const initialAmongOptions: Rule = (value, pointer, walk) => {
  if (!isJson(value)) return;
  const offered = [
    ...jsonList(value['options']),
    ...jsonList(value['option_groups']).flatMap((group) => jsonList(group['options'])),
  ];
  const values = offered.map((entry) => stringOf(entry['value']));
  const initial = [value['initial_option'], ...jsonList(value['initial_options'])].filter(isJson);
  for (const entry of initial) {
    if (!offered.some((one) => isDeepStrictEqual(one, entry))) {
      fault(walk, pointer, 'initial option must match an option in the options');
    }
  }
  if (new Set(values).size !== values.length)
    fault(walk, `${pointer}/options`, 'option values must be unique');
};

const eitherOptionsOrGroups: Rule = (value, pointer, walk) => {
  if (!isJson(value)) return;
  if ((value['options'] === undefined) === (value['option_groups'] === undefined)) {
    fault(walk, pointer, 'exactly one of options or option_groups is required');
  }
};

const common = { action_id: actionId, confirm, focus_on_load: bool };
const hinted = { ...common, placeholder: plain(150) };
const several = { max_selected_items: int(1, 100) };
const filter = object({
  may: {
    include: list(word('im', 'mpim', 'private', 'public'), 4),
    exclude_external_shared_channels: bool,
    exclude_bot_users: bool,
  },
});
const ids = list(str(255), 100, 0);
const conversations = {
  filter,
  default_to_current_conversation: bool,
  response_url_enabled: bool,
};

const button = object({
  needs: { text: plain(75) },
  may: {
    action_id: actionId,
    url: url(),
    value: str(2000),
    style: word('primary', 'danger'),
    confirm,
    accessibility_label: str(75),
  },
});

function chooser(shape: Shape): Rule {
  return both(both(object(shape), initialAmongOptions), eitherOptionsOrGroups);
}

const options = { options: list(menuOption, 100), option_groups: list(optionGroup, 100) };

const selects: Record<string, Rule> = {
  static_select: chooser({ may: { ...hinted, ...options, initial_option: menuOption } }),
  multi_static_select: chooser({
    may: { ...hinted, ...several, ...options, initial_options: list(menuOption, 100) },
  }),
  external_select: object({ may: { ...hinted, initial_option: menuOption, min_query_length: int(0, 100) } }),
  users_select: object({ may: { ...hinted, initial_user: str(255) } }),
  multi_users_select: object({ may: { ...hinted, ...several, initial_users: ids } }),
  channels_select: object({
    may: { ...hinted, initial_channel: str(255), response_url_enabled: bool },
  }),
  multi_channels_select: object({ may: { ...hinted, ...several, initial_channels: ids } }),
  conversations_select: object({ may: { ...hinted, ...conversations, initial_conversation: str(255) } }),
  multi_conversations_select: object({
    may: { ...hinted, ...several, ...conversations, initial_conversations: ids },
  }),
};

const ticks: Record<string, Rule> = {
  checkboxes: both(
    object({
      needs: { options: list(tickOption, 10) },
      may: { ...common, initial_options: list(tickOption, 10) },
    }),
    initialAmongOptions,
  ),
  radio_buttons: both(
    object({ needs: { options: list(tickOption, 10) }, may: { ...common, initial_option: tickOption } }),
    initialAmongOptions,
  ),
};

const times: Record<string, Rule> = {
  datepicker: object({ may: { ...hinted, initial_date: shaped(/^\d{4}-\d{2}-\d{2}$/, 'date') } }),
  timepicker: object({
    may: { ...hinted, initial_time: shaped(/^([01]\d|2[0-3]):[0-5]\d$/, 'time'), timezone: str(255) },
  }),
  datetimepicker: object({ may: { ...common, initial_date_time: int(1_000_000_000, 9_999_999_999) } }),
};

const dispatchConfig = object({
  may: { trigger_actions_on: list(word('on_enter_pressed', 'on_character_entered'), 2) },
});
const typed = { ...hinted, dispatch_action_config: dispatchConfig };

const lengthsInOrder: Rule = (value, pointer, walk) => {
  if (!isJson(value)) return;
  const longest = Number(value['max_length'] ?? 3000);
  if (Number(value['min_length'] ?? 0) > longest) {
    fault(walk, pointer, 'min_length must not be greater than max_length');
  }
  if (stringOf(value['initial_value']).length > longest) {
    fault(walk, pointer, 'initial_value must not be longer than max_length');
  }
};

const fields: Record<string, Rule> = {
  plain_text_input: both(
    object({
      may: {
        ...typed,
        initial_value: str(3000, 0),
        multiline: bool,
        min_length: int(0, 3000),
        max_length: int(1, 3000),
      },
    }),
    lengthsInOrder,
  ),
  email_text_input: object({ may: { ...typed, initial_value: str(3000, 0) } }),
  url_text_input: object({ may: { ...typed, initial_value: str(3000, 0) } }),
  number_input: object({
    needs: { is_decimal_allowed: bool },
    may: { ...typed, initial_value: str(255, 0), min_value: str(255), max_value: str(255) },
  }),
};

const overflow = object({ needs: { options: list(menuOption, 5) }, may: { action_id: actionId, confirm } });

/** An image, as an element of a context or beside a section. */
export const imageElement: Rule = object({
  needs: { alt_text: str(2000) },
  may: { image_url: url(), slack_file: object({ may: { id: str(255), url: url() } }) },
});

/** What may stand in an `actions` block. */
export const actionElement = byType(
  { button, overflow, ...selects, ...ticks, ...times, workflow_button: button },
  'element type',
);

/** What may stand beside a section's text. */
export const accessory = byType({ button, overflow, image: imageElement, ...selects, ...ticks, ...times });

/** What may stand in an `input` block. Some are for modals only. */
export const inputElement: Rule = (value, pointer, walk) => {
  byType({ ...selects, ...ticks, ...times, ...fields, file_input: object({ may: { ...common } }) })(
    value,
    pointer,
    walk,
  );
};

const INTERACTIVE = new Set([
  'button',
  'overflow',
  ...Object.keys({ ...selects, ...ticks, ...times, ...fields }),
]);

/** Whether people can act on an element of this type, so that it has an `action_id`. */
function isInteractive(type: string): boolean {
  return INTERACTIVE.has(type);
}

/** Elements of one block share no `action_id`. */
export const uniqueActionIds: Rule = (value, pointer, walk) => {
  const seen = new Set<string>();
  for (const [at, element] of jsonList(value).entries()) {
    const id = stringOf(element['action_id']);
    if (id === '' || !isInteractive(typeOf(element))) continue;
    if (seen.has(id)) fault(walk, `${pointer}/${at}/action_id`, `\`action_id\` must be unique: ${id}`);
    seen.add(id);
  }
};
