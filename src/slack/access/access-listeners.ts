import type { App, BlockAction } from '@slack/bolt';
import { type AccessForm, readAccessForm } from '../../domain/access/access.ts';
import { isActive } from '../../domain/access/grant.ts';
import { type RequestAccessResult, requestAccess } from '../../operations/access/request-access.ts';
import {
  type AskableLevel,
  findAskableLevels,
  requireRequester,
} from '../../workflows/requests/requesters.ts';
import { actionActor, submissionOf } from '../actors.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeMarkup } from '../blocks/escape.ts';
import type { AccessInput } from '../commands.ts';
import { type Answer, LOOK_MS, listenToForm, type StateValues, type Submitted } from '../forms.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import type { Click, ListenToButton } from '../requests/buttons.ts';
import { ACTIONS } from '../requests/request-ids.ts';
import type { Home } from '../status/home.ts';
import { sentence } from '../teaching.ts';
import { existingMessage } from './access-answers.ts';
import {
  ACCESS_CALLBACK,
  ACCESS_TITLE,
  type AccessMeta,
  accessModal,
  fitBeneficiary,
  LEVEL_ACTION,
  proposedAccess,
  readAccessMeta,
  readAccessValues,
} from './access-modal.ts';
import { levelOn } from './access-parts.ts';

/**
 * Asks for access: at once where the command says everything, else by a form that has what was said already.
 * @throws KastellanError when Slack or Redis cannot be used; `request.not-a-requester`, `request.requester-unknown`
 */
export async function askForAccess(
  front: Front,
  actor: Actor,
  triggerId: string,
  wish: AccessInput,
): Promise<void> {
  const { rules } = front.world;
  const form = proposedAccess(rules, actor.user, wish);
  const reading = readAccessForm({ ...form, ...wish }, rules);
  if (saysEverything(wish, rules.clusters.length) && reading.ok) {
    const result = await requestAccess(front.world, actor.user, form, LOOK_MS, submissionOf(actor));
    await tell(front, actor, form, result);
    return;
  }
  // What was not said yet is no mistake.
  const said: readonly string[] = Object.keys(wish).map((key) => (key === 'durationMs' ? 'duration' : key));
  const notices = reading.ok
    ? []
    : reading.problems.filter(({ field }) => said.includes(field)).map(({ message }) => message);
  await openForm(front, actor, triggerId, wish, {}, notices);
}

function saysEverything(wish: AccessInput, clusters: number): boolean {
  const { level, durationMs, reason, cluster } = wish;
  const where = cluster !== undefined || clusters === 1;
  return level !== undefined && durationMs !== undefined && reason !== undefined && where;
}

/** Listens to the form in which access is asked for, and to the button that asks for more time. */
export function listenToAccess(
  app: App,
  front: Front,
  guard: Guard,
  home: Home,
  onButton: ListenToButton,
): void {
  onButton(ACTIONS.more, true, (click) => askForMore(front, click));
  onButton(ACTIONS.ask, true, async ({ triggerId, actor }) => {
    await askForAccess(front, actor, triggerId, {});
    return undefined;
  });
  app.action<BlockAction>(LEVEL_ACTION, async ({ ack, body }) => {
    await ack();
    const actor = actionActor(body, undefined);
    await guard.run(LEVEL_ACTION, actor, true, () => redraw(front, body));
  });
  listenToForm(app, front, guard, {
    callback: ACCESS_CALLBACK,
    title: ACCESS_TITLE,
    what: 'the access form',
    channelOf: (metadata) => readAccessMeta(metadata).channel,
    async submit(submitted, answer) {
      await submit(front, submitted, answer);
      if (readAccessMeta(submitted.metadata).home === true) await home.show(submitted.actor.user);
    },
  });
}

async function openForm(
  front: Front,
  actor: Actor,
  triggerId: string,
  wish: AccessInput,
  meta: Pick<AccessMeta, 'prolongs'>,
  notices: readonly string[] = [],
): Promise<void> {
  const { user, channel, atHome } = actor;
  const { rules } = front.world;
  const askable = await findAskableLevels(front.world, user, LOOK_MS);
  const offered = await fittingLevels(front, user, wish, askable);
  const form = fitBeneficiary(proposedAccess(rules, user, wish, offered), user, askable);
  const carried = {
    ...meta,
    ...(channel !== undefined && { channel }),
    ...(atHome === true && { home: true }),
  };
  const view = accessModal(rules, form, carried, askable, notices);
  await front.client.views.open({ trigger_id: triggerId, view });
}

// Who may not ask for what they said hears so, and not after having filled in a form.
async function fittingLevels(
  { world }: Front,
  user: string,
  { level: named, beneficiary }: AccessInput,
  askable: readonly AskableLevel[],
): Promise<string[]> {
  const names = world.rules.accessLevels.map(({ name }) => name);
  const level = named !== undefined && names.includes(named) ? named : undefined;
  const onBehalf = beneficiary !== undefined && beneficiary !== user;
  const fitting = askable.filter(
    (one) =>
      (level === undefined || one.level === level) &&
      (beneficiary === undefined || (onBehalf ? one.onBehalf : one.forSelf)),
  );
  if (fitting.length === 0)
    await requireRequester(
      world,
      user,
      { kind: 'access', level: level ?? names[0] ?? '', onBehalf },
      LOOK_MS,
    );
  return fitting.map((one) => one.level);
}

// The same again: while the grant runs the new one takes its place, after its end it is simply asked for anew.
async function askForMore(front: Front, { id, triggerId, actor }: Click): Promise<SlackMessage | undefined> {
  const grant = await front.world.grants.find(id);
  if (grant === undefined)
    return sentence('Kastellan does not know this grant any more. Ask with /kasten access.');
  const { cluster, level, beneficiary, reason, durationMs } = grant;
  const prolongs = isActive(grant) ? { prolongs: id } : {};
  await openForm(front, actor, triggerId, { cluster, level, beneficiary, reason, durationMs }, prolongs);
  return undefined;
}

async function submit(
  front: Front,
  { actor, values, metadata, shown }: Submitted,
  answer: Answer,
): Promise<void> {
  const { world } = front;
  const form = await withProlonged(front, readAccessValues(values, actor.user), readAccessMeta(metadata));
  const result = await requestAccess(world, actor.user, form, LOOK_MS, submissionOf(actor));
  if (!result.ok && 'problems' in result) {
    const errors = errorsAt(result.problems, shown);
    if (await answer.give({ response_action: 'errors', errors })) return;
  } else await answer.give(undefined);
  await tell(front, actor, form, result);
}

// Only the same access of the same person is prolonged; who changed the form asks for something else.
async function withProlonged(
  { world }: Front,
  form: AccessForm,
  { prolongs }: AccessMeta,
): Promise<AccessForm> {
  const grant = prolongs === undefined ? undefined : await world.grants.find(prolongs);
  const same =
    grant?.cluster === form.cluster && grant.level === form.level && grant.beneficiary === form.beneficiary;
  return same ? { ...form, prolongs: grant.id } : form;
}

function errorsAt(
  problems: readonly { readonly field: string; readonly message: string }[],
  shown: ReadonlySet<string>,
): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { field, message } of problems) {
    const at = shown.has(field) ? field : 'level';
    errors[at] = errors[at] === undefined ? message : `${errors[at]} ${message}`;
  }
  return errors;
}

async function tell(
  front: Front,
  actor: Actor,
  form: AccessForm,
  result: RequestAccessResult,
): Promise<void> {
  await replyPrivately(front, actor, await answerTo(front, form, result));
}

async function answerTo(front: Front, form: AccessForm, result: RequestAccessResult): Promise<SlackMessage> {
  if (result.ok) {
    const { id } = result.request;
    return sentence(
      `Request ${id} for ${levelOn(form)} is in <#${front.approvalsChannel}>.`,
      'You hear from me directly how it goes.',
    );
  }
  if ('existing' in result) {
    const { existing } = result;
    const id = 'grant' in existing ? existing.grant.id : existing.request.id;
    return existingMessage(existing, await front.world.notifier.linkTo(id));
  }
  const said = result.problems.map(({ message }) => escapeMarkup(message));
  return sentence('Access was not asked for:', ...said, 'Start again with /kasten access.');
}

async function redraw(front: Front, body: BlockAction): Promise<void> {
  const { view } = body;
  if (view === undefined) return;
  const values: StateValues = view.state.values;
  const { rules } = front.world;
  const filled = readAccessValues(values, body.user.id);
  const askable = await findAskableLevels(front.world, body.user.id, LOOK_MS);
  const choices = rules.accessLevels.find(({ name }) => name === filled.level)?.access.choices ?? [];
  const durationMs = Number.isNaN(filled.durationMs) ? (choices[0] ?? Number.NaN) : filled.durationMs;
  const form = fitBeneficiary({ ...filled, durationMs }, body.user.id, askable);
  const changed = accessModal(rules, form, readAccessMeta(view.private_metadata), askable);
  // The hash makes an update that was overtaken by a newer one fail, instead of bringing old fields back.
  await front.client.views
    .update({ view_id: view.id, hash: view.hash, view: changed })
    .catch((thrown: unknown) => {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      front.log.info({ user: body.user.id, problem }, 'The access form was not redrawn');
    });
}
