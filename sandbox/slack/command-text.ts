import type { World } from './world.ts';

/** Mentions that the page's composer has written out already. */
const MENTION = /<[@#][A-Z0-9]+(?:\|[^<>]*)?>/g;

/**
 * A command's text as Slack sends it to an app whose manifest says `should_escape`: people and channels that were
 * typed as `@name` or `#name` become IDs, and everything else that could be markup is escaped.
 * https://docs.slack.dev/interactivity/implementing-slash-commands
 */
export function escapedCommandText(world: World, typed: string): string {
  const mentions = [...typed.matchAll(MENTION)].map(([mention]) => mention);
  return typed
    .split(MENTION)
    .map((part, at) => escaped(world, part) + (mentions[at] ?? ''))
    .join('');
}

function escaped(world: World, part: string): string {
  return part
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/(^|\s)([@#])([\w.-]+)/g, (whole, before: string, sign: string, name: string) => {
      const named = sign === '@' ? world.people : world.channels;
      const found = named.find((entry) => entry.name === name);
      return found === undefined ? whole : `${before}<${sign}${found.id}|${name}>`;
    });
}
