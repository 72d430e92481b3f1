import { opened } from '../../domain/access/break-glass.ts';
import type { World } from '../../ports/world.ts';
import { changeBreakGlass } from '../../workflows/access/change-break-glass.ts';
import { findSamePerson, isTheirs, type SamePerson } from '../../workflows/access/same-person.ts';

export type OpenBreakGlassResult =
  | { readonly opened: true }
  | { readonly opened: false; readonly why: 'not-allowed' | 'own' | 'not-shut' };

/**
 * Opens break-glass, and the levels that need no approval, again to a person whose access was revoked, with all their Slack
 * accounts; operators may, though not for themselves.
 * @param actor Slack user id
 * @param person Slack user id
 * @throws KastellanError `break-glass.busy`
 */
export async function openBreakGlass(
  world: Pick<World, 'rules' | 'breakGlass' | 'audit' | 'directory' | 'people' | 'links' | 'grants'>,
  actor: string,
  person: string,
): Promise<OpenBreakGlassResult> {
  const same = await findSamePerson(world, person);
  const why = refusal(world, actor, same);
  if (why !== undefined) {
    const detail = { person, verdict: 'open-break-glass', why };
    await world.audit.append({ action: 'command.refused', actor, detail });
    return { opened: false, why };
  }
  const changes = await Promise.all(
    same.slackUserIds.map((one) =>
      changeBreakGlass(world, one, (record) => {
        if (record.shut === undefined) return undefined;
        const detail = { person: one };
        return { next: opened(record), event: { action: 'break-glass.opened', actor, detail } };
      }),
    ),
  );
  return changes.includes(true) ? { opened: true } : { opened: false, why: 'not-shut' };
}

function refusal({ rules }: Pick<World, 'rules'>, actor: string, same: SamePerson) {
  if (!rules.operators.includes(actor)) return 'not-allowed';
  return isTheirs(same, actor) ? 'own' : undefined;
}
