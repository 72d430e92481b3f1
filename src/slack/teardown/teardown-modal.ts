import type { InputBlock, KnownBlock, ModalView } from '@slack/web-api';
import { z } from 'zod';
import type { Policy } from '../../domain/requests/rules.ts';
import { REMOVABLES, type Removable } from '../../domain/teardown/teardown.ts';
import { PROPOSED_REMOVALS, type TeardownForm } from '../../domain/teardown/teardown-form.ts';
import { section } from '../blocks/blocks.ts';
import { choiceIn, fieldOf, textIn } from '../form-values.ts';
import type { StateValues } from '../forms.ts';
import { readMetadata } from '../modal-metadata.ts';
import { fitMenu, option } from '../options.ts';

export const TEARDOWN_CALLBACK = 'teardown';
export const TEARDOWN_TITLE = 'Tear down Kasten sign-in';

const metaSchema = z.object({ channel: z.string().optional() });
const removables = z.array(z.enum(REMOVABLES));

const WORDS: Readonly<Record<Removable, readonly [name: string, what: string]>> = {
  bindings: ['Bindings', 'that let the groups into K10'],
  credential: ['Secrets', 'The Kubernetes Secret and the client secret'],
  application: ['App', 'The app registration and its enterprise application'],
  groups: ['Groups', 'Those Kastellan made; members lose whatever the groups give them'],
};

/** The tear-down form: where, and what goes besides K10's sign-in. */
export function teardownModal(rules: Policy, cluster: string, channel: string | undefined): ModalView {
  return {
    type: 'modal',
    callback_id: TEARDOWN_CALLBACK,
    private_metadata: JSON.stringify({ channel }),
    title: plain(TEARDOWN_TITLE),
    submit: plain('Make a plan'),
    close: plain('Cancel'),
    blocks: [
      clusterField(rules, cluster),
      removeField(),
      goneField(),
      section(
        'note',
        'K10 signs people in as it did before set-up. What Kastellan did not make stays in any case. Nothing happens before somebody has approved the plan.',
      ),
    ] satisfies KnownBlock[],
  };
}

function clusterField(rules: Policy, chosen: string): InputBlock {
  const all = rules.clusters.map(({ name }) => option({ value: name }));
  const options = fitMenu(all, [chosen]);
  const initial = options.find(({ value }) => value === chosen);
  return {
    type: 'input',
    block_id: 'cluster',
    label: plain('Cluster'),
    element: {
      type: 'static_select',
      action_id: 'choice',
      options,
      ...(initial !== undefined && { initial_option: initial }),
    },
  };
}

function removeField(): InputBlock {
  const options = REMOVABLES.map((value) => {
    const [name, what] = WORDS[value];
    return option({ value, text: name, description: what });
  });
  return {
    type: 'input',
    block_id: 'remove',
    optional: true,
    label: plain('What is removed, too'),
    element: {
      type: 'checkboxes',
      action_id: 'choice',
      options,
      initial_options: options.filter(({ value }) =>
        PROPOSED_REMOVALS.some((proposed) => proposed === value),
      ),
    },
  };
}

// Typed and not ticked: a cluster that is only away must not be taken for gone by a slip.
function goneField(): InputBlock {
  return {
    type: 'input',
    block_id: 'gone',
    optional: true,
    label: plain('Only if the cluster is gone for good'),
    hint: plain(
      'Type its name: then only what is in Entra is removed, and nothing in the cluster is looked at. If it is only away, wait until it is back.',
    ),
    element: { type: 'plain_text_input', action_id: 'text', placeholder: plain('Its name') },
  };
}

function plain(text: string) {
  return { type: 'plain_text' as const, text, emoji: false };
}

/** Where the form was opened. */
export function teardownChannel(metadata: string): string | undefined {
  return readMetadata(metaSchema, metadata)?.channel;
}

/** The form as it was sent; what is not of its kind counts as not chosen. */
export function readTeardownForm(values: StateValues): TeardownForm {
  const ticked = fieldOf(values, 'remove')?.selected_options?.map(({ value }) => value);
  return {
    cluster: choiceIn(values, 'cluster') ?? '',
    remove: removables.safeParse(ticked ?? []).data ?? [],
    gone: textIn(values, 'gone').trim(),
  };
}
