import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import type { Policy } from '../../domain/requests/rules.ts';
import type { FieldProblem, SetupForm } from '../../domain/setup/setup-form.ts';
import { formCluster, proposedInput, type SetupInput } from '../../domain/setup/setup-input.ts';
import { actions, button } from '../blocks/blocks.ts';
import { choiceIn, fieldOf } from '../form-values.ts';
import type { StateValues } from '../forms.ts';
import { readMetadata } from '../modal-metadata.ts';
import { advancedFields, FIELDS, mainFields, REDRAW } from './setup-fields.ts';

export const SETUP_CALLBACK = 'setup';
export const SETUP_TITLE = 'Set up Kasten sign-in';

/** What the modal carries along: where it was opened, and whether the advanced fields are shown. */
export interface SetupMeta {
  readonly channel?: string | undefined;
  readonly advanced: boolean;
}

const metaSchema = z.object({ channel: z.string().optional(), advanced: z.boolean() });

/** The set-up form as a modal. */
export function setupModal(rules: Policy, wish: SetupInput, meta: SetupMeta): ModalView {
  const toggle = button(REDRAW.advanced, meta.advanced ? 'Hide advanced' : 'Advanced', 'toggle', {
    label: meta.advanced ? 'Hide the advanced fields' : 'Show prefix, prompt, scopes and claims',
  });
  return {
    type: 'modal',
    callback_id: SETUP_CALLBACK,
    private_metadata: JSON.stringify(meta),
    title: { type: 'plain_text', text: SETUP_TITLE },
    submit: { type: 'plain_text', text: 'Make a plan' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      ...mainFields(rules, wish),
      ...(meta.advanced ? advancedFields(wish.form) : []),
      actions(FIELDS.advanced, [toggle]),
    ].slice(0, 100),
  };
}

/** Reads what the modal carries along; anything unreadable counts as nothing. */
export function readMeta(metadata: string): SetupMeta {
  return readMetadata(metaSchema, metadata) ?? { advanced: false };
}

/** The clusters that are chosen in the form; the first there is where none is. */
export function chosenClusters(rules: Policy, values: StateValues): string[] {
  const chosen = choices(values, 'cluster');
  return chosen.length > 0 ? [...new Set(chosen)] : rules.clusters.slice(0, 1).map(({ name }) => name);
}

/**
 * The form as it is filled in now. A field that is not shown has the value the configuration proposes.
 * @param asker is added where they ticked "Add me"; absent while the form is only drawn anew
 * @param origins dashboards found, by cluster
 */
export function readForm(
  rules: Policy,
  values: StateValues,
  origins: ReadonlyMap<string, readonly string[]> = new Map(),
  asker?: string,
): SetupInput {
  const clusters = chosenClusters(rules, values);
  const wish = proposedInput(rules, clusters, origins);
  return { ...wish, form: filledIn(formCluster(clusters), values, wish.form, asker) };
}

function filledIn(
  cluster: string,
  values: StateValues,
  proposed: SetupForm,
  asker: string | undefined,
): SetupForm {
  const addMe = choices(values, FIELDS.addMe);
  const text = (field: keyof SetupForm & string, fallback: string): string =>
    typed(values, field, cluster) ?? fallback;
  return {
    cluster,
    dashboardUrl: text('dashboardUrl', shown(values, 'dashboardUrl', cluster) ? '' : proposed.dashboardUrl),
    levels: choices(values, FIELDS.levels).map((level) => {
      const members = people(values, `members:${level}`);
      return {
        level,
        group:
          typed(values, `group:${level}`, cluster) ??
          (shown(values, `group:${level}`, cluster) ? '' : groupOf(proposed, level)),
        members: asker !== undefined && addMe.includes(level) ? [...new Set([...members, asker])] : members,
      };
    }),
    secretLifetimeDays: (typed(values, 'secretLifetimeDays', cluster) ?? proposed.secretLifetimeDays).trim(),
    // A prefix that was emptied stays empty; one that is not shown is the configured one.
    groupPrefix: text('groupPrefix', shown(values, 'groupPrefix', cluster) ? '' : proposed.groupPrefix),
    prompt: choiceIn(values, 'prompt') ?? proposed.prompt,
    scopes: text('scopes', proposed.scopes),
    usernameClaim: text('usernameClaim', proposed.usernameClaim),
    groupClaims: choiceIn(values, 'groupClaims') ?? proposed.groupClaims,
  };
}

/**
 * Problems as Slack shows them at input fields; one whose field is not shown goes to the nearest that is.
 * @param blocks ids of the fields that are shown
 * @see https://docs.slack.dev/surfaces/modals#displaying_errors
 */
export function problemsAtFields(
  problems: readonly FieldProblem[],
  blocks: ReadonlySet<string>,
): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { field, message } of problems) {
    const at = nearestField(field, blocks);
    const said = at === field ? message : `${field}: ${message}`;
    errors[at] = errors[at] === undefined ? said : `${errors[at]} ${said}`;
  }
  return errors;
}

function nearestField(field: string, blocks: ReadonlySet<string>): string {
  if (blocks.has(field)) return field;
  const level = field.split(':')[1];
  const near = level === undefined ? [] : [`group:${level}`, FIELDS.levels];
  return [...near, 'secretLifetimeDays', 'cluster'].find((candidate) => blocks.has(candidate)) ?? 'cluster';
}

function groupOf(form: SetupForm, level: string): string {
  return form.levels.find((candidate) => candidate.level === level)?.group ?? '';
}

// The action id of a proposal holds the cluster it is for: what was typed for another cluster is not read.
function element(values: StateValues, block: string, cluster?: string) {
  return (
    fieldOf(values, block, (action) => action === `text:${cluster}`) ??
    fieldOf(values, block, (action) => !action.startsWith('text:'))
  );
}

function shown(values: StateValues, block: string, cluster: string): boolean {
  return element(values, block, cluster) !== undefined;
}

function typed(values: StateValues, block: string, cluster: string): string | undefined {
  return element(values, block, cluster)?.value ?? undefined;
}

function choices(values: StateValues, block: string): string[] {
  return element(values, block)?.selected_options?.map(({ value }) => value) ?? [];
}

function people(values: StateValues, block: string): string[] {
  return [...(element(values, block)?.selected_users ?? [])];
}
