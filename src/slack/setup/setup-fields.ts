import type { InputBlock, KnownBlock, SectionBlock } from '@slack/web-api';
import type { Policy } from '../../domain/requests/rules.ts';
import type { SetupForm } from '../../domain/setup/setup-form.ts';
import { EACH_CLUSTER, type SetupInput } from '../../domain/setup/setup-input.ts';
import { lines } from '../blocks/blocks.ts';
import { cut, escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { fitMenu, type MenuOption, option } from '../options.ts';

/** Ids of the fields; those of `SetupForm` keep their names, so that a problem finds its field. */
export const FIELDS = { levels: 'levels', addMe: 'addMe', advanced: 'advanced' } as const;

/** Action ids that change which fields are shown. */
export const REDRAW = {
  cluster: 'setup.cluster',
  levels: 'setup.levels',
  advanced: 'setup.advanced',
} as const;

// Slack's limit for tick boxes; a longer list becomes a menu.
const MOST_TICKS = 10;

const PROMPTS = [
  option({ value: 'select_account', description: 'Let people choose an account' }),
  option({ value: 'login', description: 'Ask for the password each time' }),
  option({ value: 'consent', description: 'Ask for consent each time' }),
  option({ value: 'none', description: 'Never ask; fails without a session' }),
];
const GROUP_CLAIMS = [
  option({ value: 'SecurityGroup', description: 'Every security group of the person' }),
  option({
    value: 'ApplicationGroup',
    description: 'Only groups of this app: for people in very many groups',
  }),
];

/** The fields that everybody sees. */
export function mainFields(rules: Policy, wish: SetupInput): KnownBlock[] {
  const { form } = wish;
  return [
    clusterField(rules, wish.clusters),
    form.cluster === EACH_CLUSTER ? severalNote(wish) : addressField(form),
    levelsField(rules, form),
    ...form.levels.flatMap((level) => levelFields(level, form.cluster)),
    ...(form.levels.length === 0 ? [] : [addMeField(form)]),
    textField('secretLifetimeDays', 'Days until the client secret ends', form.secretLifetimeDays, {
      hint: 'Shortened where your tenant allows less.',
    }),
  ];
}

/** The fields behind "Advanced". */
export function advancedFields(form: SetupForm): KnownBlock[] {
  return [
    textField('groupPrefix', 'Prefix of groups and users in Kubernetes', form.groupPrefix, {
      optional: true,
    }),
    menuField('prompt', 'What Entra asks at sign-in', PROMPTS, form.prompt),
    textField('scopes', 'Scopes', form.scopes, {}),
    textField('usernameClaim', 'Claim that names the user', form.usernameClaim, {}),
    menuField('groupClaims', 'Groups in the token', GROUP_CLAIMS, form.groupClaims),
  ];
}

function clusterField(rules: Policy, chosen: readonly string[]): InputBlock {
  const all = rules.clusters.map(({ name }) => option({ value: name }));
  const options = fitMenu(all, chosen);
  const initial = options.filter(({ value }) => chosen.includes(value));
  return {
    type: 'input',
    block_id: 'cluster',
    dispatch_action: true,
    label: plain('Cluster'),
    element: {
      type: 'multi_static_select',
      action_id: REDRAW.cluster,
      options,
      ...(initial.length > 0 && { initial_options: initial }),
    },
  };
}

function addressField(form: SetupForm): InputBlock {
  return textField('dashboardUrl', 'Address of the K10 dashboard', form.dashboardUrl, {
    action: `text:${form.cluster}`,
    hint: 'As you open it in a browser, like https://k10.example.com/k10/',
  });
}

// What every cluster has of its own nobody has to type fifty times.
function severalNote({ clusters, addresses }: SetupInput): SectionBlock {
  const known = clusters.map((name) => {
    const address = addresses.get(name);
    return `*${escapeTyped(name)}*: ${address === undefined ? 'address not known' : escapeMarkup(address)}`;
  });
  const said = `What you fill in below holds for each of these ${clusters.length}. Each has an app, bindings and a client secret of its own, and is planned and set up by itself; one decision counts for all.`;
  return lines('several', [said, ...known], 'are not shown');
}

function levelsField(rules: Policy, form: SetupForm): InputBlock {
  const chosen = form.levels.map(({ level }) => level);
  const all = rules.accessLevels.map(({ name, description }) => option({ value: name, description }));
  const options = fitMenu(all, chosen);
  const ticked = options.filter(({ value }) => chosen.includes(value));
  const choice = { action_id: REDRAW.levels, options, ...(ticked.length > 0 && { initial_options: ticked }) };
  return {
    type: 'input',
    block_id: FIELDS.levels,
    dispatch_action: true,
    label: plain('Access levels to create'),
    element:
      options.length <= MOST_TICKS
        ? { type: 'checkboxes', ...choice }
        : { type: 'multi_static_select', ...choice },
  };
}

function levelFields({ level, group, members }: SetupForm['levels'][number], cluster: string): InputBlock[] {
  return [
    textField(`group:${level}`, `Entra group for ${level}`, group, {
      action: `text:${cluster}`,
      hint:
        cluster === EACH_CLUSTER
          ? `A new group's name, in which ${EACH_CLUSTER} stands for each cluster's; or an existing group's object ID, which all share`
          : "A new group's name, or an existing group's object ID",
    }),
    {
      type: 'input',
      block_id: `members:${level}`,
      optional: true,
      label: plain(`First members of ${level}`),
      element: {
        type: 'multi_users_select',
        action_id: 'people',
        ...(members.length > 0 && { initial_users: [...members] }),
      },
    },
  ];
}

function addMeField(form: SetupForm): InputBlock {
  return {
    type: 'input',
    block_id: FIELDS.addMe,
    optional: true,
    label: plain('Add me'),
    element: {
      type: 'checkboxes',
      action_id: 'levels',
      options: form.levels.slice(0, MOST_TICKS).map(({ level }) => option({ value: level })),
    },
  };
}

interface TextLook {
  /** Another action id makes Slack forget what was typed and show the new proposal. */
  readonly action?: string;
  readonly hint?: string;
  readonly optional?: boolean;
}

function textField(
  id: string,
  label: string,
  value: string,
  { action, hint, optional }: TextLook,
): InputBlock {
  return {
    type: 'input',
    block_id: id,
    label: plain(label),
    ...(optional === true && { optional: true }),
    ...(hint !== undefined && { hint: plain(hint) }),
    element: {
      type: 'plain_text_input',
      action_id: action ?? 'text',
      ...(value !== '' && { initial_value: cut(value, 3_000) }),
    },
  };
}

function menuField(id: string, label: string, options: MenuOption[], value: string): InputBlock {
  const initial = options.find((candidate) => candidate.value === value);
  return {
    type: 'input',
    block_id: id,
    label: plain(label),
    element: {
      type: 'static_select',
      action_id: 'choice',
      options,
      ...(initial !== undefined && { initial_option: initial }),
    },
  };
}

function plain(text: string) {
  return { type: 'plain_text' as const, text, emoji: false };
}
