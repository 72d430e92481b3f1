import { opened } from '../../domain/access/break-glass.ts';
import type { World } from '../../ports/world.ts';
import { changeBreakGlass } from '../../workflows/access/change-break-glass.ts';

export type OpenBreakGlassResult =
  | { readonly opened: true }
  | { readonly opened: false; readonly why: 'not-allowed' | 'own' | 'not-shut' };

/**
 * Opens break-glass again to a person whose access was revoked; operators may, though not for themselves.
 * @param actor Slack user id
 * @param person Slack user id
 * @throws KastellanError `break-glass.busy`
 */
export async function openBreakGlass(
  world: Pick<World, 'rules' | 'breakGlass' | 'audit'>,
  actor: string,
  person: string,
): Promise<OpenBreakGlassResult> {
  const why = refusal(world, actor, person);
  if (why !== undefined) {
    const detail = { person, verdict: 'open-break-glass', why };
    await world.audit.append({ action: 'command.refused', actor, detail });
    return { opened: false, why };
  }
  const isChanged = await changeBreakGlass(world, person, (record) => {
    if (record.shut === undefined) return undefined;
    return { next: opened(record), event: { action: 'break-glass.opened', actor, detail: { person } } };
  });
  return isChanged ? { opened: true } : { opened: false, why: 'not-shut' };
}

function refusal({ rules }: Pick<World, 'rules'>, actor: string, person: string) {
  if (!rules.operators.includes(actor)) return 'not-allowed';
  return actor === person ? 'own' : undefined;
}
