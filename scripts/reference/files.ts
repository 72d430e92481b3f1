import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import { Environment } from '../../src/config/environment.ts';
import { Configuration } from '../../src/config/schema.ts';
import { sectionsOf, tableOf } from './settings.ts';

type Schema = z.core.JSONSchema.BaseSchema;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The files that are made from the schemas of the configuration, with their text as it has to be; paths in the project. */
export async function referenceFiles(): Promise<Map<string, string>> {
  const configuration = schemaOf(Configuration);
  const { $schema, ...settings } = configuration;
  const page = await read('docs/configuration.md');
  const values = JSON.parse(await read('deploy/chart/values.schema.json')) as {
    properties: Record<string, object>;
  };
  values.properties['config'] = inValues(settings);
  return new Map(
    await Promise.all([
      formatted(
        'docs/configuration.md',
        withPart(
          withPart(page, 'kastellan.yaml', sectionsOf(configuration)),
          'environment',
          tableOf(schemaOf(Environment), 'Variable'),
        ),
      ),
      formatted('kastellan.schema.json', JSON.stringify({ $schema, title: 'kastellan.yaml', ...settings })),
      formatted('deploy/chart/values.schema.json', JSON.stringify(values)),
    ]),
  );
}

// As people write it, in the draft that editors and Helm know.
function schemaOf(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
}

// The tenant may come from elsewhere in the values, and a chart that only gives access needs no configuration at all.
function inValues({ required: _, properties = {}, ...settings }: Schema): Schema {
  const { required: __, ...entra } = properties['entra'] as Schema;
  return {
    description: 'kastellan.yaml; Kastellan itself checks it in full when it starts.',
    ...settings,
    properties: { ...properties, entra },
  };
}

/** A page with another text between the marks of a part. */
function withPart(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- made by \`make reference\`: ${name} -->`, `<!-- end: ${name} -->`];
  const [before, rest] = page.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no part "${name}"`);
  return `${before}${start}\n\n${text}\n\n${end}${after}`;
}

function read(path: string): Promise<string> {
  return readFile(`${ROOT}/${path}`, 'utf8');
}

async function formatted(path: string, text: string): Promise<[string, string]> {
  const { stdout } = await execa('biome', ['format', `--stdin-file-path=${path}`], {
    cwd: ROOT,
    input: text,
    preferLocal: true,
    stripFinalNewline: false,
  });
  return [path, stdout];
}
