import { boolYaml11Tag, CORE_SCHEMA, defineScalarTag, loadAll, mergeTag, NOT_RESOLVED } from 'js-yaml';
import type { Json } from '../../domain/json.ts';

const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const NUMERIC_START = [...'-+.0123456789'];

// Go's strconv.ParseInt with base 0, which is how Helm's YAML reader takes integers.
const integer = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: NUMERIC_START,
  resolve: (source) => (INTEGER.test(source) ? readInteger(source.replaceAll('_', '')) : NOT_RESOLVED),
  identify: () => false,
});

const float = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: NUMERIC_START,
  resolve: (source) => {
    const plain = source.replaceAll('_', '');
    return FLOAT.test(plain) ? Number(plain) : NOT_RESOLVED;
  },
  identify: () => false,
});

function readInteger(source: string): number {
  const sign = source.startsWith('-') ? -1 : 1;
  const digits = source.replace(/^[-+]/, '');
  return sign * Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

// YAML 1.1 words for truth, octal numbers and merge keys, but no dates and no base 60.
const SCHEMA = CORE_SCHEMA.withTags(boolYaml11Tag, integer, float, mergeTag);

/**
 * The documents of a YAML text, read as Helm reads it (`0420` is octal, `yes` is true, dates are text, the last of two
 * equal keys counts); empty documents are left out.
 * @throws YAMLException, which may quote the text
 */
export function loadHelmYaml(text: string): Json[] {
  const documents = loadAll(text, { schema: SCHEMA, json: true }) as (Json | undefined)[];
  return documents.filter((document): document is Json => document !== undefined && document !== null);
}
