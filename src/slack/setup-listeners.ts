import type { App, BlockAction, ViewResponseAction, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/web-api';
import { proposedForm } from '../domain/setup-form.ts';
import { type RequestSetupResult, requestSetup } from '../operations/request-setup.ts';
import type { World } from '../ports.ts';
import { type SlackMessage, section } from './cards/blocks.ts';
import { escapeMarkup, escapeTyped } from './cards/escape.ts';
import { sentence } from './cards/teaching.ts';
import type { Front } from './front.ts';
import type { Guard } from './guard.ts';
import { REDRAW } from './setup-fields.ts';
import { problemsAtFields, readForm, readMeta, SETUP_CALLBACK, setupModal } from './setup-modal.ts';
import { actionVisitor, submissionVisitor } from './visitors.ts';
import { type Visitor, whisper } from './whisper.ts';

// Slack waits three seconds for an answer to a form; the look into Entra gets most of that.
const LOOK_MS = 2_000;
const ANSWER_WITHIN_MS = 2_600;
// A form must open within three seconds; without the proposal people type the address themselves.
const DISCOVERY_MS = 400;

/** Opens the set-up form for the cluster that was named, or the first one. */
export async function openSetup(
  front: Front,
  visitor: Visitor,
  triggerId: string,
  cluster?: string,
): Promise<void> {
  const { rules } = front.world;
  const name = cluster ?? rules.clusters[0]?.name ?? '';
  const form = proposedForm(rules, name, await originsOf(front.world, name));
  const view = setupModal(rules, form, { channel: visitor.channel, advanced: false });
  await front.client.views.open({ trigger_id: triggerId, view });
}

/** Listens to the set-up form: what changes its fields, and when it is sent. */
export function listenToSetup(app: App, front: Front, guard: Guard): void {
  for (const action of Object.values(REDRAW)) {
    app.action<BlockAction>(action, async ({ ack, body }) => {
      await ack();
      const visitor = actionVisitor(body, undefined);
      await guard.run(action, visitor, true, () => redraw(front, body, action));
    });
  }
  app.view<ViewSubmitAction>(SETUP_CALLBACK, async ({ ack, body, view }) => {
    const visitor = submissionVisitor(body, readMeta(view.private_metadata).channel);
    const answer = new Answer((response) => (response === undefined ? ack() : ack(response)));
    const late = setTimeout(() => {
      answer
        .give({ response_action: 'update', view: lateView() })
        .catch((thrown: unknown) => front.log.warn({ problem: String(thrown) }, 'A form got no answer'));
    }, ANSWER_WITHIN_MS);
    try {
      await submit(front, guard, visitor, view, answer);
    } catch (thrown) {
      const words = guard.explain('the set-up form', visitor, thrown);
      const told = await answer.give({ response_action: 'update', view: closingView(words) });
      if (!told) await whisper(front, visitor, words);
    } finally {
      clearTimeout(late);
    }
  });
}

type SubmittedView = Parameters<typeof readForm>[1];

async function submit(
  front: Front,
  guard: Guard,
  visitor: Visitor,
  view: { state: { values: unknown }; blocks: readonly { block_id?: string }[] },
  answer: Answer,
): Promise<void> {
  if (!guard.isFirst(visitor)) {
    await answer.give(undefined);
    return;
  }
  const refusal = await guard.refusal(visitor, true);
  if (refusal !== undefined) {
    await answer.give({ response_action: 'update', view: closingView(refusal) });
    return;
  }
  const { world } = front;
  const values = view.state.values as SubmittedView;
  const result = await requestSetup(
    world,
    visitor.user,
    readForm(world.rules, values, [], visitor.user),
    LOOK_MS,
  );
  const shown = new Set(view.blocks.flatMap(({ block_id }) => block_id ?? []));
  await tellResult(front, visitor, result, shown, answer);
}

async function tellResult(
  front: Front,
  visitor: Visitor,
  result: RequestSetupResult,
  shown: ReadonlySet<string>,
  answer: Answer,
): Promise<void> {
  if (result.ok) {
    await answer.give(undefined);
    await whisper(
      front,
      visitor,
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
  await whisper(
    front,
    visitor,
    sentence('The set-up was not asked for:', ...said, 'Start again with /kasten setup.'),
  );
}

async function redraw(front: Front, body: BlockAction, action: string): Promise<void> {
  const { view } = body;
  if (view === undefined) return;
  const { rules } = front.world;
  const values = view.state.values as SubmittedView;
  const before = readForm(rules, values);
  const form = readForm(rules, values, await originsOf(front.world, before.cluster));
  const meta = readMeta(view.private_metadata);
  const advanced = action === REDRAW.advanced ? !meta.advanced : meta.advanced;
  // The hash makes an update that was overtaken by a newer one fail, instead of bringing old fields back.
  await front.client.views
    .update({ view_id: view.id, hash: view.hash, view: setupModal(rules, form, { ...meta, advanced }) })
    .catch((thrown: unknown) => {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      front.log.info({ user: body.user.id, problem }, 'The set-up form was not redrawn');
    });
}

/** The addresses to offer for a cluster: none where one is configured, or where they are not at hand in time. */
async function originsOf({ discoveries, rules }: World, cluster: string): Promise<string[]> {
  if (rules.clusters.find(({ name }) => name === cluster)?.dashboardUrl !== undefined) return [];
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve([]), DISCOVERY_MS);
    discoveries
      .find(cluster)
      .then(resolve, () => resolve([]))
      .finally(() => clearTimeout(late));
  });
}

/** The one answer a form gets. */
class Answer {
  readonly #ack: (response: ViewResponseAction | undefined) => Promise<void>;
  #given = false;

  constructor(ack: (response: ViewResponseAction | undefined) => Promise<void>) {
    this.#ack = ack;
  }

  /** Whether this answer was the one. */
  async give(response: ViewResponseAction | undefined): Promise<boolean> {
    if (this.#given) return false;
    this.#given = true;
    await this.#ack(response);
    return true;
  }
}

function lateView(): ModalView {
  return closingView(
    sentence('Kastellan is still checking what you entered.', 'You hear from it directly in a moment.'),
  );
}

function closingView({ text }: SlackMessage): ModalView {
  return {
    type: 'modal',
    callback_id: 'setup.closing',
    title: { type: 'plain_text', text: 'Set up Kasten sign-in' },
    close: { type: 'plain_text', text: 'Close' },
    blocks: [section('said', text)],
  };
}
