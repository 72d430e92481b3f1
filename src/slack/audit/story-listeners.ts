import type { AuditEntry } from '../../domain/audit/audit.ts';
import { type AccessStoriesResult, accessStories } from '../../operations/audit/access-story.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeTyped } from '../blocks/escape.ts';
import { count, person } from '../blocks/words.ts';
import type { AuditSubject, Command } from '../commands.ts';
import type { Front } from '../front.ts';
import type { Actor } from '../reply-privately.ts';
import { sendFile } from '../send-file.ts';
import { sentence } from '../teaching.ts';
import { auditCsv } from './audit-csv.ts';
import { MOST_SHOWN, storyMessage } from './story-message.ts';

type Told = Extract<AccessStoriesResult, { readonly allowed: true }>;

/** The story of a person's access, or of a cluster's: as a message, or for operators as a file. */
export async function tellStory(
  front: Front,
  { user }: Actor,
  { of, csv }: Extract<Command, { kind: 'audit-of' }>,
): Promise<SlackMessage> {
  const { world } = front;
  const about = 'person' in of ? person(of.person) : escapeTyped(of.cluster);
  const result = await accessStories(world, user, csv ? of : { ...of, most: MOST_SHOWN });
  if (!result.allowed) {
    return sentence(
      'Only operators, and those who decide on access, see the story of others and of clusters.',
      'Yours: `/kasten audit` and your name.',
    );
  }
  const asFile = world.rules.operators.includes(user);
  if (!csv) return storyMessage(about, result, asFile);
  if (!asFile) return sentence('Only operators get the audit log as a file.');
  const entries = [...result.stories.flatMap(({ entries: own }) => own), ...result.others];
  await sendStory(front, user, of, entries);
  await world.audit.append({
    action: 'audit.exported',
    actor: user,
    ...('cluster' in of && { cluster: of.cluster }),
    detail: { entries: entries.length, ...('person' in of && { person: of.person }) },
  });
  return sentence(
    `${count(entries.length, 'entry', 'entries')} about ${about} are in a file that I sent you directly.`,
  );
}

async function sendStory(
  front: Front,
  user: string,
  of: AuditSubject,
  entries: Told['others'],
): Promise<void> {
  const id = 'person' in of ? of.person : of.cluster;
  const names = await front.world.names.find(personsIn(of, entries));
  await sendFile(front, user, {
    filename: `kastellan-audit-${id.replaceAll(/[^\w-]/g, '_')}.csv`,
    title: `Audit log: ${names.get(id) ?? id}`,
    comment: `The audit log about ${'person' in of ? person(of.person) : escapeTyped(of.cluster)}, ${count(entries.length, 'entry', 'entries')}. Each carries the hash it has in the log.`,
    content: auditCsv(entries, names),
  });
}

// The person the story is about first: of many, not all are named in time.
function personsIn(of: AuditSubject, entries: readonly AuditEntry[]): string[] {
  const ids = [...('person' in of ? [of.person] : []), ...entries.map(({ actor }) => actor)];
  return [...new Set(ids)].filter((id) => /^[UW][A-Z0-9]+$/.test(id));
}
