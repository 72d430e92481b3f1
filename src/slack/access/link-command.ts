import { linkPerson } from '../../operations/access/link-person.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeTyped } from '../blocks/escape.ts';
import { person } from '../blocks/words.ts';
import type { Command } from '../commands.ts';
import type { Front } from '../front.ts';
import type { Actor } from '../reply-privately.ts';
import { sentence } from '../teaching.ts';

/** Says by hand which Entra account somebody has, or takes that back; for operators. */
export async function linkByHand(
  { world }: Front,
  { user }: Actor,
  { person: who, objectId }: Extract<Command, { kind: 'link' }>,
): Promise<SlackMessage> {
  const result = await linkPerson(world, user, who, objectId);
  if (result.linked) {
    const { name, userPrincipalName, guest } = result.person;
    return sentence(
      `${person(who)} has the Entra account ${escapeTyped(userPrincipalName)} (${escapeTyped(name)}${guest ? ', a guest' : ''}) from now on.`,
      'What they were given before stays as it is.',
    );
  }
  if ('unlinked' in result) {
    return sentence(`${person(who)} is found in Entra by the e-mail address again.`);
  }
  switch (result.why) {
    case 'not-allowed':
      return sentence('Only operators can say who somebody is in Entra.');
    case 'no-object-id':
      return sentence('That is no object ID of Entra: it looks like 0a1b2c3d-1111-2222-3333-444455556666.');
    case 'not-in-entra':
      return sentence(
        'Entra has no account with this object ID. Copy it from the overview page of the account.',
      );
    case 'has-by-email':
      return sentence(
        `${person(result.slackUserId)} has this account by e-mail address, so it cannot be linked to ${person(who)}: nothing was changed.`,
        'If both are the same person, they can use the Slack account with that address. If the address in Slack is wrong, correct it there first.',
      );
    case 'taken':
      return sentence(
        `This account is linked to ${person(result.slackUserId)} already. Two people with one account would end each other's access.`,
      );
  }
}
