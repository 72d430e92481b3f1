import type { Issue } from './block-kit/rules.ts';
import { issueLines, validateMessage } from './block-kit/validate.ts';
import { type Json, parseJson } from './json.ts';
import type { World } from './world.ts';

/** One Web API method: the scopes of which one is needed, and what it does. */
export interface Method {
  scopes: string[];
  run(args: Json, world: World): Promise<Json> | Json;
}

/** Slack's answer when something worked. */
export function ok(body: Json = {}): Json {
  return { ok: true, ...body };
}

/** Slack's answer when something did not; `messages` are the details in `response_metadata`. */
export function no(error: string, messages: string[] = []): Json {
  return { ok: false, error, ...(messages.length > 0 ? { response_metadata: { messages } } : {}) };
}

/** Slack's answer to a message whose blocks it does not take. */
export function invalidBlocks(issues: Issue[]): Json {
  const lines = issueLines(issues);
  return { ...no('invalid_blocks', lines), errors: lines.map((line) => line.replace('[ERROR] ', '')) };
}

/** The answer for a missing argument. */
export function missing(field: string): Json {
  return no('invalid_arguments', [`[ERROR] missing required field: ${field}`]);
}

/** The answer for a token that lacks every one of these scopes; undefined when it has one. */
export function lacking(needed: string[], provided: string[]): Json | undefined {
  if (needed.length === 0 || needed.some((scope) => provided.includes(scope))) return undefined;
  return { ...no('missing_scope'), needed: needed.join(','), provided: provided.join(',') };
}

/** An argument that is JSON inside a form, or JSON already. */
export function decoded(value: unknown): unknown {
  return typeof value === 'string' ? parseJson(value) : value;
}

/** What is wrong with a message's content, as an answer; undefined when nothing is. */
export function refusedContent(args: Json): Json | undefined {
  const blocks = args['blocks'] === undefined ? undefined : (decoded(args['blocks']) ?? null);
  if (blocks !== undefined && !Array.isArray(blocks)) return no('invalid_blocks_format');
  if (!args['text'] && !blocks?.length && !args['attachments']) return no('no_text');
  const issues = validateMessage({ blocks });
  return issues.length > 0 ? invalidBlocks(issues) : undefined;
}

/** One page of a list, by Slack's cursors. */
export function pageOf<T>(items: T[], args: Json): { items: T[]; cursor: string } {
  const from = Number(Buffer.from(String(args['cursor'] ?? ''), 'base64url').toString() || 0);
  const limit = Number(args['limit'] ?? 0) || items.length;
  const next = from + limit < items.length ? Buffer.from(String(from + limit)).toString('base64url') : '';
  return { items: items.slice(from, from + limit), cursor: next };
}
