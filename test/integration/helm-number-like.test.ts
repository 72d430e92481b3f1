import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import fc from 'fast-check';
import { CORE_SCHEMA, load, YAML11_SCHEMA } from 'js-yaml';
import { helmBinary } from '../../sandbox/tools/helm.ts';
import { valuesToJson } from '../../src/adapters/helm/values.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { handOverValues } from '../../src/domain/setup/hand-over.ts';

const HOW_MANY = 50_000;
const CHARACTERS = [...'0123456789xXbBoOeE_.+-:yYnNtTfF~=<aAiI'];
// Words that some reader of YAML takes for something else than text.
const WORDS = [
  'y',
  'n',
  'yes',
  'No',
  'on',
  'OFF',
  '~',
  'null',
  'true',
  '=',
  '<<',
  '.inf',
  '.NaN',
  'Infinity',
];
const DATES = ['2026-01-01', '12:30:45', '1:30', '2026-01-01T00:00:00Z'];
const NUMBERS = [
  '97_e3',
  '0X1F2E',
  '0B11',
  '1e_08',
  '+0o7',
  '-_4',
  '0o1_7',
  '3e2_',
  '1e3',
  '0777',
  '-0',
  '1_000',
];

/** Different texts that look like numbers, or like other things that are no text. */
function numberLike(): string[] {
  const found = new Set([...WORDS, ...DATES, ...NUMBERS]);
  const text = fc.string({ unit: fc.constantFrom(...CHARACTERS), minLength: 1, maxLength: 7 });
  for (let seed = 1; found.size < HOW_MANY; seed += 1)
    for (const one of fc.sample(text, { numRuns: HOW_MANY, seed })) found.add(one);
  return [...found].slice(0, HOW_MANY);
}

describe.each([3, 4] as const)('texts that look like numbers, with Helm %i', (major) => {
  const texts = numberLike();
  const asKeysAndValues = Object.fromEntries(texts.map((text) => [text, text]));
  let folder: string;
  let helm: string;

  beforeAll(async () => {
    helm = await helmBinary(major);
    folder = await mkdtemp(join(tmpdir(), 'kastellan-values-'));
    await mkdir(join(folder, 'seen', 'templates'), { recursive: true });
    await writeFile(join(folder, 'seen', 'Chart.yaml'), 'apiVersion: v2\nname: seen\nversion: 1.0.0\n');
    await writeFile(join(folder, 'seen', 'templates', 'seen.yaml'), 'seen: {{ toJson .Values | b64enc }}\n');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What a chart's templates are given. */
  async function seenBy(values: string): Promise<JsonObject> {
    const args = ['template', 'seen', join(folder, 'seen'), '-f', '-'];
    const { stdout } = await execa(helm, args, { input: values, env: { HOME: folder }, cwd: folder });
    const packed = /^seen: (\S+)$/m.exec(stdout)?.[1] ?? '';
    return JSON.parse(Buffer.from(packed, 'base64').toString()) as JsonObject;
  }

  function changed(seen: unknown, sent: Readonly<Record<string, string>>): string[] {
    const given = seen as Readonly<Record<string, unknown>>;
    return Object.keys(sent).filter((key) => given[key] !== sent[key]);
  }

  it('reach the chart as they are, as keys and as values', async () => {
    const seen = await seenBy(valuesToJson({ probe: asKeysAndValues }));
    expect(Object.keys(asKeysAndValues)).toHaveLength(HOW_MANY);
    expect(changed(seen['probe'], asKeysAndValues)).toEqual([]);
    expect(Object.keys(seen['probe'] as JsonObject)).toHaveLength(HOW_MANY);
  });

  it('are the same for everybody who reads the values to commit', async () => {
    // A dot in a path of values begins another level.
    const sent = Object.fromEntries(texts.map((text) => [text.replaceAll('.', '-'), text]));
    const differences = Object.entries(sent).map(([key, text]) => ({
      path: `auth.${key}`,
      after: JSON.stringify(text),
    }));
    const yaml = handOverValues(differences);
    for (const reader of [
      await seenBy(yaml),
      load(yaml, { schema: CORE_SCHEMA }),
      load(yaml, { schema: YAML11_SCHEMA }),
    ])
      expect(changed((reader as JsonObject)['auth'], sent)).toEqual([]);
  });
});
