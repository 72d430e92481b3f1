import { readFile } from 'node:fs/promises';
import { load, YAMLException } from 'js-yaml';
import type { z } from 'zod';
import { KastellanError } from '../domain/errors.ts';
import { Environment } from './environment.ts';
import { Configuration } from './schema.ts';

export interface Settings {
  readonly configuration: Configuration;
  readonly environment: Environment;
}

/**
 * Reads the environment and the file it names.
 * @throws KastellanError `config.invalid`, whose message lists every mistake of both at once
 */
export async function loadSettings(variables: NodeJS.ProcessEnv): Promise<Settings> {
  const environment = Environment.safeParse(dropEmpty(variables));
  const path = variables['KASTELLAN_CONFIG'] || 'kastellan.yaml';
  const mistakes = environment.success ? [] : describe(environment.error, 'environment');
  const file = await readYaml(path);
  const configuration = file.ok ? Configuration.safeParse(file.value) : undefined;
  if (!file.ok) mistakes.push(file.mistake);
  if (configuration?.success === false) mistakes.push(...describe(configuration.error, path));
  if (environment.success && configuration?.success === true) {
    return { environment: environment.data, configuration: configuration.data };
  }
  throw new KastellanError({
    code: 'config.invalid',
    message: `Kastellan cannot start with this configuration:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`,
    hint: 'kastellan.example.yaml explains each setting.',
  });
}

// An empty variable is how shells and charts say "not set".
function dropEmpty(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
}

type YamlFile = { ok: true; value: unknown } | { ok: false; mistake: string };

async function readYaml(path: string): Promise<YamlFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return { ok: false, mistake: `${path}: cannot be read; copy kastellan.example.yaml there and adapt it` };
  }
  try {
    return { ok: true, value: load(text, { maxAliases: 0 }) };
  } catch (thrown) {
    const where = thrown instanceof YAMLException ? thrown.reason : 'it is no YAML';
    return { ok: false, mistake: `${path}: ${where}` };
  }
}

function describe(error: z.ZodError, source: string): string[] {
  return error.issues.map((issue) => `${source}: ${issue.path.join('.') || 'the file'} ${plain(issue)}`);
}

function plain(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `has settings that do not exist: ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing';
  if (issue.code === 'custom' || issue.code === 'invalid_format') return issue.message;
  return `is wrong: ${issue.message}`;
}
