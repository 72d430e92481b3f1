import { isJson, type Json, jsonList } from '../json.ts';
import { checkBlocks } from './blocks.ts';
import { plain } from './elements.ts';
import { bool, fault, type Issue, object, str, typeOf, type Walk, word } from './rules.ts';

const POST_TEXT_MAX = 40_000;
const VIEW_BYTES_MAX = 250_000;

const CARRIED_BY_SLACK = ['id', 'team_id', 'hash', 'state', 'app_id', 'bot_id', 'root_view_id'];

/**
 * What Slack would refuse about a message (`chat.postMessage`, `chat.update`, `respond`): an empty list when nothing.
 * Takes `{ text?, blocks? }`; other fields are not looked at.
 */
export function validateMessage(payload: { text?: unknown; blocks?: unknown }): Issue[] {
  const walk: Walk = { surface: 'message', issues: [] };
  if (payload.text !== undefined) str(POST_TEXT_MAX, 0)(payload.text, '/text', walk);
  if (payload.blocks !== undefined) checkBlocks(payload.blocks, '/blocks', walk);
  return walk.issues;
}

/**
 * What Slack would refuse about a view (a modal, or an App Home tab): an empty list when nothing.
 * https://docs.slack.dev/reference/views/modal-views
 */
export function validateView(view: unknown): Issue[] {
  const walk: Walk = { surface: isJson(view) && view['type'] === 'home' ? 'home' : 'modal', issues: [] };
  if (!isJson(view)) {
    fault(walk, '/view', 'must provide an object');
    return walk.issues;
  }
  word('modal', 'home')(view['type'], '/view/type', walk);
  const common = {
    callback_id: str(255, 0),
    private_metadata: str(3000, 0),
    external_id: str(255, 0),
    ...Object.fromEntries(CARRIED_BY_SLACK.map((field) => [field, () => undefined])),
  };
  const needs = { blocks: () => checkBlocks(view['blocks'], '/view/blocks', walk) };
  if (walk.surface === 'home') {
    object({ needs, may: common })(view, '/view', walk);
  } else {
    const may = {
      ...common,
      submit: plain(24),
      close: plain(24),
      clear_on_close: bool,
      notify_on_close: bool,
    };
    object({ needs: { ...needs, title: plain(24) }, may: { ...may, submit_disabled: bool } })(
      view,
      '/view',
      walk,
    );
    needSubmit(view, walk);
  }
  if (Buffer.byteLength(JSON.stringify(view)) > VIEW_BYTES_MAX) fault(walk, '/view', 'view_too_large');
  return walk.issues;
}

/** Issues as Slack writes them into `response_metadata.messages`. */
export function issueLines(issues: Issue[]): string[] {
  return issues.map((issue) => `[ERROR] ${issue.message} [json-pointer:${issue.pointer}]`);
}

function needSubmit(view: Json, walk: Walk): void {
  const asks = jsonList(view['blocks']).some((block) => typeOf(block) === 'input');
  if (asks && view['submit'] === undefined) {
    fault(walk, '/view', 'missing required field: submit (a view with input blocks needs it)');
  }
}
