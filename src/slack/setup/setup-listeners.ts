import type { App, BlockAction } from '@slack/bolt';
import { formAsAsked } from '../../domain/setup/ask-again.ts';
import { proposedInput } from '../../domain/setup/setup-input.ts';
import { type RequestSetupResult, requestSetup } from '../../operations/setup/request-setup.ts';
import type { World } from '../../ports/world.ts';
import { requireRequester } from '../../workflows/requests/requesters.ts';
import { actionActor, submissionOf } from '../actors.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { type Answer, LOOK_MS, listenToForm, type StateValues, type Submitted } from '../forms.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import { type ListenToButton, unreadable } from '../requests/buttons.ts';
import { ACTIONS } from '../requests/request-ids.ts';
import { sentence } from '../teaching.ts';
import { REDRAW } from './setup-fields.ts';
import {
  chosenClusters,
  problemsAtFields,
  readForm,
  readMeta,
  SETUP_CALLBACK,
  SETUP_TITLE,
  setupModal,
} from './setup-modal.ts';

// A form must open within three seconds; without the proposal people type the address themselves.
const DISCOVERY_MS = 400;

/** Opens the set-up form for the clusters that were named, or the first one. */
export async function openSetup(
  front: Front,
  actor: Actor,
  triggerId: string,
  named: readonly string[],
): Promise<void> {
  const { rules } = front.world;
  await requireRequester(front.world, actor.user, { kind: 'setup' }, LOOK_MS);
  const clusters = named.length > 0 ? named : rules.clusters.slice(0, 1).map(({ name }) => name);
  const wish = proposedInput(rules, clusters, await originsOf(front.world, clusters));
  const view = setupModal(rules, wish, { channel: actor.channel, advanced: false });
  await front.client.views.open({ trigger_id: triggerId, view });
}

/** Listens to the set-up form: what opens it again, what changes its fields, and when it is sent. */
export function listenToSetup(app: App, front: Front, guard: Guard, onButton: ListenToButton): void {
  onButton(ACTIONS.askAgain, true, async ({ id, triggerId, actor }) => {
    await openAgain(front, actor, triggerId, id);
    return undefined;
  });
  for (const action of Object.values(REDRAW)) {
    app.action<BlockAction>(action, async ({ ack, body }) => {
      await ack();
      const actor = actionActor(body, undefined);
      await guard.run(action, actor, true, () => redraw(front, body, action));
    });
  }
  listenToForm(app, front, guard, {
    callback: SETUP_CALLBACK,
    title: SETUP_TITLE,
    what: 'the set-up form',
    channelOf: (metadata) => readMeta(metadata).channel,
    submit: (submitted, answer) => submit(front, submitted, answer),
  });
}

// As it was filled in for a request, so that only what was wrong has to be typed.
async function openAgain(front: Front, actor: Actor, triggerId: string, id: string): Promise<void> {
  const { rules, requests } = front.world;
  const request = await requests.find(id);
  if (request?.kind !== 'setup') throw unreadable();
  await requireRequester(front.world, actor.user, { kind: 'setup' }, LOOK_MS);
  const wish = { clusters: [request.cluster], form: formAsAsked(request), addresses: new Map() };
  // Fields that are not shown would be read as the configuration has them.
  const view = setupModal(rules, wish, { channel: actor.channel, advanced: true });
  await front.client.views.open({ trigger_id: triggerId, view });
}

async function submit(front: Front, { actor, values, shown }: Submitted, answer: Answer): Promise<void> {
  const { world } = front;
  const clusters = chosenClusters(world.rules, values);
  const wish = readForm(world.rules, values, await originsOf(world, clusters), actor.user);
  const result = await requestSetup(world, actor.user, wish, LOOK_MS, submissionOf(actor));
  await tellResult(front, actor, result, shown, answer);
}

async function tellResult(
  front: Front,
  actor: Actor,
  result: RequestSetupResult,
  shown: ReadonlySet<string>,
  answer: Answer,
): Promise<void> {
  if (result.ok) {
    await answer.give(undefined);
    await replyPrivately(
      front,
      actor,
      sentence(
        `Request ${result.request.id} for ${escapeTyped(result.request.cluster)} is in <#${front.approvalsChannel}>.`,
        'The plan comes there; you hear from me directly how it goes.',
      ),
    );
    return;
  }
  const errors = problemsAtFields(result.problems, shown);
  if (await answer.give({ response_action: 'errors', errors })) return;
  const said = result.problems.map(({ message }) => escapeMarkup(message));
  await replyPrivately(
    front,
    actor,
    sentence('The set-up was not asked for:', ...said, 'Start again with /kasten setup.'),
  );
}

async function redraw(front: Front, body: BlockAction, action: string): Promise<void> {
  const { view } = body;
  if (view === undefined) return;
  const { rules } = front.world;
  const values: StateValues = view.state.values;
  const wish = readForm(rules, values, await originsOf(front.world, chosenClusters(rules, values)));
  const meta = readMeta(view.private_metadata);
  const advanced = action === REDRAW.advanced ? !meta.advanced : meta.advanced;
  // The hash makes an update that was overtaken by a newer one fail, instead of bringing old fields back.
  await front.client.views
    .update({ view_id: view.id, hash: view.hash, view: setupModal(rules, wish, { ...meta, advanced }) })
    .catch((thrown: unknown) => {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      front.log.info({ user: body.user.id, problem }, 'The set-up form was not redrawn');
    });
}

/** The addresses to offer, by cluster: none where one is configured, or where they are not at hand in time. */
async function originsOf(
  world: Pick<World, 'rules' | 'discoveries'>,
  clusters: readonly string[],
): Promise<Map<string, string[]>> {
  const found = await Promise.all(
    clusters.map(async (name) => [name, await foundOrigins(world, name)] as const),
  );
  return new Map(found);
}

async function foundOrigins(
  { discoveries, rules }: Pick<World, 'rules' | 'discoveries'>,
  cluster: string,
): Promise<string[]> {
  if (rules.clusters.find(({ name }) => name === cluster)?.dashboardUrl !== undefined) return [];
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve([]), DISCOVERY_MS);
    discoveries
      .find(cluster)
      .then(resolve, () => resolve([]))
      .finally(() => clearTimeout(late));
  });
}
