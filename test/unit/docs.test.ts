import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { load, loadAll } from 'js-yaml';
import { referenceFiles } from '../../scripts/reference/files.ts';
import {
  FEATURES,
  type GraphPermission,
  isOptional,
  PERMISSIONS,
} from '../../src/adapters/entra/permissions.ts';
import { RIGHTS, rightsFor } from '../../src/adapters/kubernetes/rights.ts';
import { ADMIN_AND_NS_ADMIN, Configuration } from '../../src/config/schema.ts';
import { COMMAND_WORDS, parseCommand } from '../../src/slack/commands.ts';
import { helpMessage } from '../../src/slack/teaching.ts';
import { ofKind, render } from '../support/chart.ts';
import {
  documentedRights,
  NOTHING,
  plain,
  read,
  rightLine,
  SOMETIMES,
  tableUnder,
} from '../support/pages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REFERENCE = await referenceFiles();
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

describe('the page about permissions', () => {
  const page = read('docs/permissions.md');

  it('names every Graph permission that is asked for, whether it is needed and for what, and no other', () => {
    const written = tableUnder(page, '## Microsoft Graph').map(([name, needed, features]) => [
      plain(name),
      needed,
      plain(features),
    ]);
    const asked = permissions().map((permission) => [
      permission.name,
      isOptional(permission) ? 'no' : 'yes',
      permission.features.join(', '),
    ]);
    expect(written.toSorted()).toEqual(asked.toSorted());
  });

  it('says of every feature what does not work without its permissions', () => {
    const written = tableUnder(page, '### Features').map((row) => row.map(plain));
    expect(written).toEqual(Object.entries(FEATURES));
  });

  it("names every Slack scope of the app's manifest, and no other", () => {
    const written = tableUnder(page, '## Slack').map(([scope]) => plain(scope));
    const manifest = load(read('manifest.yml')) as { oauth_config: { scopes: { bot: string[] } } };
    expect(written.toSorted()).toEqual(manifest.oauth_config.scopes.bot.toSorted());
  });

  it('names every Kubernetes right that is asked for, where, and whether it is needed, and no other', () => {
    const written = documentedRights(page).map(({ line }) => line);
    expect(written.toSorted()).toEqual(RIGHTS.map((right) => rightLine(right)).toSorted());
  });

  it('says of every Kubernetes right what fails without it: the plan, or nothing for those not needed', () => {
    const wrong = documentedRights(page).filter(
      ({ needed, without }) => without.replace(SOMETIMES, '') !== (needed ? 'the plan' : NOTHING),
    );
    expect(wrong).toEqual([]);
  });

  it('gives just these rights in the objects to apply', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const given = (loadAll(yaml) as RoleObject[]).flatMap(rightsOfRole);
    const address = { release: 'k10', namespace: 'kasten-io', levels: ADMIN_AND_NS_ADMIN };
    const asked = rightsFor(address, 'both').map(
      ({ namespace = 'cluster', verb, group, resource, name = '' }) =>
        [namespace, verb, group, resource, name].join(' '),
    );
    expect(given.toSorted()).toEqual(asked.toSorted());
  });
});

describe('the guide to a real tenant', () => {
  it('shows values that the chart takes, with a configuration that Kastellan takes', async () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(read('docs/getting-started.md'))?.[1] ?? '';
    const configMaps = ofKind(await render(load(yaml) as object), 'ConfigMap');
    const config = configMaps.find(({ metadata }) => metadata.name === 'kastellan');
    const { 'kastellan.yaml': text = '' } = (config?.['data'] ?? {}) as Record<string, string>;
    expect(Configuration.safeParse(load(text)).error?.issues ?? []).toEqual([]);
  });
});

describe('the reference of the configuration', () => {
  it.each([...REFERENCE.keys()])('is what the code says, in %s: else run `make reference`', (path) => {
    expect(read(path)).toBe(REFERENCE.get(path));
  });

  it('takes the example, and refuses a setting that does not exist, as Kastellan does', () => {
    const takes = addFormats.default(new Ajv()).compile(JSON.parse(read('kastellan.schema.json')));
    const example = load(read('kastellan.example.yaml')) as object;
    expect(takes(example) ? [] : takes.errors).toEqual([]);
    for (const wrong of [{ slak: {} }, { operators: ['ada'] }, { setup: { secretLifetime: '1w' } }]) {
      const file = { ...example, ...wrong };
      expect([takes(file), Configuration.safeParse(file).success]).toEqual([false, false]);
    }
  });
});

describe('every page', () => {
  it.each(PAGES)('%s links to files and headings that exist', (page) => {
    expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  it('names only targets of make that exist', () => {
    const targets = [...read('Makefile').matchAll(/^([a-z]+):/gm)].map(([, name]) => name);
    const named = PAGES.flatMap((page) => [...read(page).matchAll(/(?:`|^)make ([a-z]+)/gm)]).map(
      ([, name]) => name,
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !targets.includes(name))).toEqual([]);
  });

  it('names only commands that Kastellan knows', () => {
    const named = PAGES.flatMap((page) => commandsIn(read(page)));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((command) => parseCommand(command).kind === 'unknown')).toEqual([]);
  });

  it('leaves out no command of the help in the list of commands', () => {
    const listed = commandsIn(read('docs/commands.md'));
    const helped = commandsIn(helpMessage(true).text);
    expect(helped.length).toBeGreaterThan(3);
    expect(helped.filter((command) => !listed.includes(command))).toEqual([]);
  });
});

describe('the list of commands', () => {
  const page = read('docs/commands.md');
  const rows = tableUnder(page, '# Commands').map(([commands = '', , , pictures = '']) => ({
    commands: commandsIn(commands),
    pictures: [...pictures.matchAll(/\]\(images\/([\w-]+)\.png\)/g)].map(([, name = '']) => name),
  }));

  it('has every word that a command may begin with', () => {
    const listed = rows.flatMap(({ commands }) => commands.map((command) => command.split(' ')[0]));
    expect(COMMAND_WORDS.filter((word) => !listed.includes(word))).toEqual([]);
  });

  it('names for each command a picture of what it answers or opens, which the page shows', () => {
    const shown = picturesIn('docs/commands.md');
    expect(rows.length).toBeGreaterThan(20);
    const without = rows.filter(
      ({ pictures }) => pictures.length === 0 || !pictures.every((one) => shown.includes(one)),
    );
    expect(without).toEqual([]);
  });
});

describe('every picture', () => {
  const shown = [...new Set(PAGES.flatMap(picturesIn))];

  it('on a page is taken by a test in a browser', () => {
    const walks = readdirSync(join(ROOT, 'test/e2e'))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => read(join('test/e2e', file)))
      .join('');
    expect(shown.length).toBeGreaterThan(20);
    // By name, or as the last of what the test of several commands is given.
    const isTaken = (picture: string) => new RegExp(`(keep\\w+\\(|, )'${picture}'[,\\]]`).test(walks);
    expect(shown.filter((picture) => !isTaken(picture))).toEqual([]);
  });

  it('in the folder is on a page', () => {
    const kept = readdirSync(join(ROOT, 'docs/images')).map((file) => file.replace(/\.png$/, ''));
    expect(kept.filter((picture) => !shown.includes(picture))).toEqual([]);
  });
});

/** The pictures that a page shows, each with words for who cannot see it. */
function picturesIn(page: string): string[] {
  return [...read(page).matchAll(/!\[[^\]]+\]\((?:docs\/)?images\/([\w-]+)\.png\)/g)].map(
    ([, name = '']) => name,
  );
}

function permissions(): readonly GraphPermission[] {
  return PERMISSIONS;
}

interface RoleObject {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

function rightsOfRole({ metadata: { namespace: scope = 'cluster' }, rules = [] }: RoleObject): string[] {
  return rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) => verbs.map((verb) => [scope, verb, group, resource, name].join(' '))),
      ),
    ),
  );
}

function linksOf(page: string): string[] {
  const text = read(page).replaceAll(/```[\s\S]*?```/g, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? page : relative(ROOT, join(ROOT, dirname(page), file));
  // The pictures are made by a test in a browser; before its first run there is no folder.
  if (target.startsWith('docs/images/') && !existsSync(join(ROOT, 'docs/images'))) return true;
  if (!existsSync(join(ROOT, target))) return false;
  return heading === undefined || anchorsOf(read(target)).includes(heading);
}

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

function commandsIn(text: string): string[] {
  const written = [...text.matchAll(/`\/kasten([^`\n]*)`/g)].map(([, words = '']) => words);
  return written.map((words) =>
    words
      .replaceAll(/\[.*?\]/g, '')
      .replaceAll('...', '')
      .trim(),
  );
}
