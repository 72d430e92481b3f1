import { dayAt } from '../../domain/calendar.ts';
import { asKastellanError } from '../../domain/errors.ts';
import { advance, CALENDAR, type RequestOf } from '../../domain/requests/request.ts';
import { type AutoRotation, autoRotation, calendarStep } from '../../domain/secrets/rotation-calendar.ts';
import type { RunWindow } from '../../domain/secrets/rotation-window.ts';
import { applicationKey, credentialSecretName } from '../../domain/setup/naming.ts';
import type { SetupSpec } from '../../domain/setup/setup.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { changeRequest, type Decided } from '../../workflows/requests/change-request.ts';
import type { RequesterPorts } from '../../workflows/requests/requesters.ts';
import { showRequest, viewRequest } from '../../workflows/requests/show-request.ts';
import { lastSetup } from '../../workflows/setup/last-setup.ts';
import { resume } from '../requests/resume.ts';
import { requestRotation } from './request-rotation.ts';

type Ports = RequestPorts & RequesterPorts & Pick<World, 'openCluster' | 'log' | 'telemetry'>;

/**
 * The calendar's look at every cluster whose client secret it rotates: asks the day before a window, gives up what did not
 * get to run in its window, tries again what failed, and reminds approvers of that every day. Safe to run twice.
 */
export async function keepCalendar(world: Ports): Promise<void> {
  await Promise.all(
    world.rules.clusters.map(async ({ name }) => {
      const rule = autoRotation(world.rules, name);
      if (rule === undefined) return;
      try {
        await keepCluster(world, name, rule);
      } catch (thrown) {
        // The next look comes in minutes; reminders of the end go out whatever happens here.
        world.log.warn(
          { cluster: name, code: asKastellanError(thrown).code },
          'the calendar could not be kept',
        );
      }
    }),
  );
}

async function keepCluster(world: Ports, cluster: string, rule: AutoRotation): Promise<void> {
  const setup = await lastSetup(world, cluster);
  const endsAt = setup === undefined ? undefined : await endOfSecret(world, cluster, setup);
  if (endsAt === undefined) return;
  const [newest] = await world.requests.list({ cluster, kind: 'rotation', limit: 1 });
  const last = newest?.kind === 'rotation' ? newest : undefined;
  const now = world.clock.now();
  const step = calendarStep(now, endsAt, rule, last);
  if (step.do === 'ask') {
    await requestRotation(world, CALENDAR, cluster, { endsAt, window: step.window });
    return;
  }
  if (last === undefined) return;
  if (step.do === 'give-up') await giveUp(world, last);
  if (step.do === 'retry') await resume(world, last.id, CALENDAR, 'retry');
  if (step.do === 'plan-retry') await planRetry(world, last, step.window);
  else if (last.state === 'failed' && last.asker === CALENDAR) await remind(world, last, rule);
}

async function endOfSecret(
  { openCluster, directory }: Pick<World, 'directory' | 'openCluster'>,
  cluster: string,
  { release }: SetupSpec,
): Promise<string | undefined> {
  const [credential, application] = await Promise.all([
    openCluster(cluster).cluster.readCredential(credentialSecretName(release)),
    directory.findApplication(applicationKey(cluster)),
  ]);
  return application?.secrets.find(({ keyId }) => keyId === credential?.keyId)?.endsAt;
}

async function giveUp(world: Ports, { id }: RequestOf<'rotation'>): Promise<void> {
  const outcome = await changeRequest(world, id, (request): Decided<'gone-on'> => {
    if (request.state !== 'approved') return { stop: 'gone-on' };
    const at = world.clock.now().toISOString();
    const next = advance(request, 'withdrawn', at, { endedAt: at });
    return { next, event: { action: 'rotation.window-missed', actor: CALENDAR } };
  });
  if (outcome.changed) await showRequest(world, outcome.request);
}

async function planRetry(world: Ports, { id }: RequestOf<'rotation'>, window: RunWindow): Promise<void> {
  const outcome = await changeRequest(world, id, (request): Decided<'gone-on'> => {
    if (request.kind !== 'rotation' || request.state !== 'failed') return { stop: 'gone-on' };
    // The deadline is the end of the window, which the card and the reminders name.
    const until = request.expiresAt === undefined ? {} : { expiresAt: window.closes };
    const next = advance(request, 'failed', request.changedAt, {
      spec: { ...request.spec, window },
      ...until,
    });
    return { next, event: { action: 'rotation.retry-planned', actor: CALENDAR, detail: { ...window } } };
  });
  if (outcome.changed) await showRequest(world, outcome.request);
}

async function remind(world: Ports, failed: RequestOf<'rotation'>, rule: AutoRotation): Promise<void> {
  const today = dayAt(world.clock.now(), rule.window.timeZone);
  if (dayAt(new Date(failed.endedAt ?? failed.changedAt), rule.window.timeZone) === today) return;
  const view = await viewRequest(world, failed);
  for (const approver of await findApprovers(world, failed, undefined, 'list')) {
    await world.notifier.tell(approver, `failed-${today}`, view);
  }
}
