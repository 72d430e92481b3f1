import { isJson, text as stringOf } from '../json.ts';
import {
  accessory,
  actionElement,
  anyText,
  imageElement,
  inputElement,
  plain,
  uniqueActionIds,
} from './elements.ts';
import { bool, both, byType, fault, list, object, type Rule, str, typeOf, url, type Walk } from './rules.ts';

const block_id = str(255);

const textOrFields: Rule = (value, pointer, walk) => {
  if (isJson(value) && value['text'] === undefined && value['fields'] === undefined) {
    fault(walk, pointer, 'missing required field: text or fields');
  }
};

const contextElement: Rule = (value, pointer, walk) => {
  if (isJson(value) && typeOf(value) === 'image') imageElement(value, pointer, walk);
  else anyText(3000)(value, pointer, walk);
};

/** Rich text is deep and the product does not write it: only its outer shape is checked. */
const anyObject: Rule = (value, pointer, walk) => {
  if (!isJson(value)) fault(walk, pointer, 'must provide an object');
};

const everywhere: Record<string, Rule> = {
  section: both(
    object({
      may: { block_id, text: anyText(3000), fields: list(anyText(2000), 10), accessory, expand: bool },
    }),
    textOrFields,
  ),
  header: object({ needs: { text: plain(150) }, may: { block_id } }),
  divider: object({ may: { block_id } }),
  context: object({ needs: { elements: list(contextElement, 10) }, may: { block_id } }),
  actions: object({
    needs: { elements: both(list(actionElement, 25), uniqueActionIds) },
    may: { block_id },
  }),
  image: object({
    needs: { alt_text: str(2000) },
    may: { block_id, title: plain(2000), image_url: url(), slack_file: anyObject },
  }),
  input: object({
    needs: { label: plain(2000), element: inputElement },
    may: { block_id, hint: plain(2000), optional: bool, dispatch_action: bool },
  }),
  rich_text: object({ needs: { elements: list(anyObject, 100) }, may: { block_id } }),
};

const messagesOnly: Record<string, Rule> = {
  markdown: object({ needs: { text: str(12_000) }, may: { block_id } }),
  table: object({
    needs: { rows: list(list(anyObject, 20), 100) },
    may: { block_id, column_settings: list(anyObject, 20, 0) },
  }),
};

/** Input elements that Slack takes in modals (and App Home) but not in messages. */
const NOT_IN_MESSAGES = new Set(['file_input']);

/**
 * The blocks of a surface: their count, their kinds, their limits, unique block IDs.
 * https://docs.slack.dev/reference/block-kit/blocks
 */
export function checkBlocks(value: unknown, pointer: string, walk: Walk): void {
  const kinds = walk.surface === 'message' ? { ...everywhere, ...messagesOnly } : everywhere;
  list(byType(kinds), walk.surface === 'message' ? 50 : 100, 0)(value, pointer, walk);
  if (!Array.isArray(value)) return;
  const seen = new Set<string>();
  for (const [at, block] of value.entries()) {
    if (!isJson(block)) continue;
    const id = stringOf(block['block_id']);
    if (id !== '' && seen.has(id)) {
      fault(walk, `${pointer}/${at}/block_id`, `block_id must be unique: ${id}`);
    }
    seen.add(id);
    const element = block['element'];
    if (walk.surface === 'message' && isJson(element) && NOT_IN_MESSAGES.has(typeOf(element))) {
      fault(walk, `${pointer}/${at}/element/type`, `unsupported type: ${typeOf(element)}`);
    }
  }
  if (value.filter((block) => isJson(block) && typeOf(block) === 'table').length > 1) {
    fault(walk, pointer, 'only one table is allowed per message');
  }
}
