import type { InputBlock, KnownBlock, ModalView } from '@slack/web-api';
import { z } from 'zod';
import type { AccessForm, AccessProblem } from '../../domain/access/access.ts';
import type { Policy } from '../../domain/requests/rules.ts';
import type { AskableLevel } from '../../workflows/requests/requesters.ts';
import { context, section } from '../blocks/blocks.ts';
import { cut, escapeMarkup } from '../blocks/escape.ts';
import { approverNames, count, durationWords } from '../blocks/words.ts';
import type { AccessInput } from '../commands.ts';
import { choiceIn, fieldOf, textIn } from '../form-values.ts';
import type { StateValues } from '../forms.ts';
import { readMetadata } from '../modal-metadata.ts';
import { fitMenu, type MenuOption, option } from '../options.ts';

export const ACCESS_CALLBACK = 'access';
export const ACCESS_TITLE = 'Ask for access';
/** Action id of the level's menu: another level has other durations. */
export const LEVEL_ACTION = 'access.level';

const REASON_MAX = 1_000;

type Fields = Record<AccessProblem['field'], string>;
const LABELS: Fields = {
  cluster: 'Cluster',
  level: 'Access level',
  duration: 'For how long',
  reason: 'Reason',
  beneficiary: 'For whom',
};

const metaSchema = z.object({
  channel: z.string().optional(),
  home: z.boolean().optional(),
  prolongs: z.string().optional(),
});

/** What the form carries along: where it was opened, whether at home, and the grant that is to last longer. */
export type AccessMeta = z.output<typeof metaSchema>;

/**
 * The form as it is proposed: what was said already, and the first choice of everything else.
 * @param offered names of the levels to choose from; all of them if left out
 */
export function proposedAccess(
  rules: Policy,
  asker: string,
  wish: AccessInput,
  offered?: readonly string[],
): AccessForm {
  const levels = rules.accessLevels.filter(({ name }) => offered?.includes(name) ?? true);
  const level = levels.find(({ name }) => name === wish.level) ?? levels[0];
  const cluster = rules.clusters.find(({ name }) => name === wish.cluster) ?? rules.clusters[0];
  return {
    cluster: cluster?.name ?? '',
    level: level?.name ?? '',
    beneficiary: wish.beneficiary ?? asker,
    durationMs: wish.durationMs ?? level?.access.choices[0] ?? Number.NaN,
    reason: wish.reason ?? '',
  };
}

/**
 * The form in which access is asked for.
 * @param askable the levels that the person may ask for, and for whom
 * @param notices what is wrong with what was typed so far, plain
 */
export function accessModal(
  rules: Policy,
  form: AccessForm,
  meta: AccessMeta,
  askable: readonly AskableLevel[],
  notices: readonly string[] = [],
): ModalView {
  const rights = askable.find(({ level }) => level === form.level);
  return {
    type: 'modal',
    callback_id: ACCESS_CALLBACK,
    private_metadata: JSON.stringify(meta),
    title: { type: 'plain_text', text: ACCESS_TITLE },
    submit: { type: 'plain_text', text: 'Ask' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      ...(notices.length === 0
        ? []
        : [section('notices', notices.map((text) => escapeMarkup(text)).join('\n'))]),
      menu(
        'cluster',
        'choice',
        rules.clusters.map(({ name }) => option({ value: name })),
        form.cluster,
      ),
      ...levelBlocks(rules, form, askable),
      reasonField(form),
      ...(rights?.onBehalf === true ? [beneficiaryField(form, rights)] : []),
    ],
  };
}

/** The form with the person to be chosen, where a person may ask for the level for others only. */
export function fitBeneficiary(
  form: AccessForm,
  asker: string,
  askable: readonly AskableLevel[],
): AccessForm {
  const rights = askable.find(({ level }) => level === form.level);
  if (rights?.forSelf === false && form.beneficiary === asker) return { ...form, beneficiary: '' };
  return form;
}

/** Reads what the form carries along; anything unreadable counts as nothing. */
export function readAccessMeta(metadata: string): AccessMeta {
  return readMetadata(metaSchema, metadata) ?? {};
}

/** What is filled in now; nothing of it is believed yet. */
export function readAccessValues(values: StateValues, asker: string): AccessForm {
  const level = choiceIn(values, 'level') ?? '';
  const duration = fieldOf(values, 'duration', (action) => action === `choice:${level}`);
  return {
    cluster: choiceIn(values, 'cluster') ?? '',
    level,
    beneficiary: fieldOf(values, 'beneficiary')?.selected_user ?? asker,
    durationMs: Number(duration?.selected_option?.value ?? Number.NaN),
    reason: textIn(values, 'reason'),
  };
}

function levelBlocks(rules: Policy, form: AccessForm, askable: readonly AskableLevel[]): KnownBlock[] {
  const level = rules.accessLevels.find(({ name }) => name === form.level);
  const levels = rules.accessLevels
    .filter(({ name }) => askable.some((one) => one.level === name))
    .map(({ name, description }) => option({ value: name, description }));
  const chooser = { ...menu('level', LEVEL_ACTION, levels, form.level), dispatch_action: true };
  if (level === undefined) return [chooser];
  const { access, description } = level;
  const decides =
    access.required === 0
      ? 'needs no approval'
      : `needs ${count(access.required, 'approval')} by ${approverNames(access.approvers)}`;
  const durations = durationsFor(access.choices, access.longest, form.durationMs);
  return [
    chooser,
    context('about-level', [escapeMarkup(description), `up to ${durationWords(access.longest)}`, decides]),
    menu(
      'duration',
      // Another level has other durations: what was chosen for this one is not read for that one.
      `choice:${level.name}`,
      durations.map((ms) => option({ value: String(ms), text: durationWords(ms) })),
      String(form.durationMs),
    ),
  ];
}

// What was asked for in words need not be among the configured choices.
function durationsFor(choices: readonly number[], longest: number, wanted: number): number[] {
  const all = wanted > 0 && wanted <= longest ? [...choices, wanted] : choices;
  return [...new Set(all)].toSorted((a, b) => a - b);
}

function menu(
  field: AccessProblem['field'],
  action: string,
  options: readonly MenuOption[],
  chosen: string,
): InputBlock {
  const offered = fitMenu(options, [chosen]);
  const initial = offered.find(({ value }) => value === chosen) ?? offered[0];
  return {
    type: 'input',
    block_id: field,
    label: { type: 'plain_text', text: LABELS[field] },
    element: {
      type: 'static_select',
      action_id: action,
      options: offered,
      ...(initial !== undefined && { initial_option: initial }),
    },
  };
}

function reasonField({ reason }: AccessForm): InputBlock {
  return {
    type: 'input',
    block_id: 'reason',
    label: { type: 'plain_text', text: LABELS.reason },
    hint: { type: 'plain_text', text: 'Everybody in the approvals channel reads this.' },
    element: {
      type: 'plain_text_input',
      action_id: 'text',
      multiline: true,
      max_length: REASON_MAX,
      placeholder: { type: 'plain_text', text: 'Restore shop-db from last night, ticket OPS-412' },
      ...(reason !== '' && { initial_value: cut(reason, REASON_MAX) }),
    },
  };
}

function beneficiaryField({ beneficiary }: AccessForm, { forSelf }: AskableLevel): InputBlock {
  const hint = forSelf
    ? 'You, or somebody else: they are told directly.'
    : 'Another person: they are told directly. You may not ask for yourself.';
  return {
    type: 'input',
    block_id: 'beneficiary',
    label: { type: 'plain_text', text: LABELS.beneficiary },
    hint: { type: 'plain_text', text: hint },
    element: {
      type: 'users_select',
      action_id: 'person',
      ...(beneficiary !== '' && { initial_user: beneficiary }),
    },
  };
}
