import { dump } from 'js-yaml';
import type { z } from 'zod';

type Schema = z.core.JSONSchema.BaseSchema;

interface Place {
  /** As people write it: `clusters[].name`. */
  readonly path: string;
  readonly required: boolean;
}

/** A section for each of the first settings, with a table of all settings below it; Markdown. */
export function sectionsOf(schema: Schema): string {
  return placesIn(schema, '')
    .map(([place, setting]) => sectionOf(place, setting))
    .join('\n\n');
}

/** All settings in one table; Markdown. */
export function tableOf(schema: Schema, head: string): string {
  return table(head, rowsBelow(schema, ''));
}

function sectionOf(place: Place, setting: Schema): string {
  const heading = `### ${place.path}`;
  const below = groupIn(setting);
  if (below === undefined) return `${heading}\n\n${table('Setting', rowsOf(place, setting))}`;
  return [
    heading,
    setting.description,
    ...leftOut(setting),
    table('Setting', rowsBelow(below, pathBelow(place, setting))),
  ].join('\n\n');
}

/** What a list of groups is where nobody writes it. */
function leftOut({ type, default: fallback }: Schema): string[] {
  return type === 'array' && fallback !== undefined
    ? [`Left out as a whole, it is:\n\n\`\`\`yaml\n${dump(fallback, { flowLevel: 2 })}\`\`\``]
    : [];
}

function rowsOf(place: Place, setting: Schema): string[][] {
  const below = groupIn(setting);
  if (below === undefined) return [rowOf(place, setting, code(setting.default))];
  const own = setting.description === undefined ? [] : [rowOf(place, setting, '-')];
  return [...own, ...rowsBelow(below, pathBelow(place, setting))];
}

function rowsBelow(group: Schema, path: string): string[][] {
  return placesIn(group, path).flatMap(([place, setting]) => rowsOf(place, setting));
}

function placesIn({ properties = {}, required = [] }: Schema, path: string): [Place, Schema][] {
  return Object.entries(properties).map(([name, setting]) => [
    { path: path === '' ? name : `${path}.${name}`, required: required.includes(name) },
    setting as Schema,
  ]);
}

/** The settings that a setting consists of; undefined where it is a value. */
function groupIn(setting: Schema): Schema | undefined {
  const item = itemOf(setting) ?? setting;
  return item.properties === undefined ? undefined : item;
}

function itemOf({ items }: Schema): Schema | undefined {
  return typeof items === 'object' && !Array.isArray(items) ? (items as Schema) : undefined;
}

function pathBelow({ path }: Place, { type }: Schema): string {
  return type === 'array' ? `${path}[]` : path;
}

function rowOf({ path, required }: Place, setting: Schema, fallback: string): string[] {
  if (setting.description === undefined) throw new Error(`${path} has no description`);
  return [
    `\`${path}\``,
    kindOf(setting),
    required ? 'required' : fallback,
    `${setting.description}${exampleOf(setting)}`,
  ];
}

function kindOf(setting: Schema): string {
  const { title, enum: choices, type, maxLength } = setting;
  const item = itemOf(setting);
  if (item !== undefined) return `list: ${kindOf(item)}`;
  if (title !== undefined) return title;
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(', ');
  if (type === 'integer') return `${setting.minimum} to ${setting.maximum}`;
  if (type === 'string') return maxLength === undefined ? 'text' : `text, ${maxLength} at most`;
  if (type === 'boolean') return '`true`, `false`';
  if (groupIn(setting) !== undefined) return 'group';
  throw new Error(`Nothing says what kind of value ${JSON.stringify(setting)} is`);
}

// A default that says something is an example of itself.
function exampleOf(setting: Schema): string {
  const [example] = (itemOf(setting) ?? setting).examples ?? [];
  const { default: fallback } = setting;
  const shown = fallback === undefined || (Array.isArray(fallback) && fallback.length === 0);
  return example === undefined || !shown ? '' : ` Like ${code(example)}.`;
}

/** A value as people write it. */
function code(value: unknown): string {
  if (value === undefined) return '-';
  return `\`${typeof value === 'string' ? value : dump(value, { flowLevel: 0 }).trimEnd()}\``;
}

function table(head: string, rows: readonly string[][]): string {
  const lines = [[head, 'Kind', 'Default', 'Meaning'], ['-', '-', '-', '-'], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
