import type { LinkView } from '../../ports/messenger.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeTyped } from '../blocks/escape.ts';
import { moment, person } from '../blocks/words.ts';
import { sentence } from '../teaching.ts';

/** To a person, directly: which Entra account they have from now on, because an operator said so. */
export function linkMessage({ link: { by, at, account } }: LinkView): SlackMessage {
  if (account === undefined) {
    return sentence(
      `${person(by)} removed the link between you and an Entra account, ${moment(at)}.`,
      'Kastellan finds you in Entra by your e-mail address again.',
    );
  }
  const { name, userPrincipalName, objectId } = account;
  return sentence(
    `${person(by)} linked you to the Entra account ${escapeTyped(userPrincipalName)} (${escapeTyped(name, 100)}, ${escapeTyped(objectId)}), ${moment(at)}.`,
    'What you ask for in Kastellan is given to that account from now on.',
    'If it is not yours, tell another operator now: nobody should ask or approve in your name.',
  );
}
