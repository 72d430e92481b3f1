import { message, type SlackMessage, section } from './blocks/blocks.ts';
import { escapeTyped } from './blocks/escape.ts';
import { clusterNames } from './blocks/words.ts';

const MOSTLY_WANTED = [
  '`/kasten access` asks for access to a Kasten for some hours; somebody else approves it, and it ends by itself.',
  '`/kasten setup` puts Entra sign-in with MFA in front of a Kasten: you see the plan before anything happens.',
  '`/kasten status` shows how each Kasten signs people in, what has drifted and when secrets end.',
  '`/kasten help more` lists everything, like `/kasten grants` and `/kasten doctor`.',
];

const EVERYTHING = [
  '`/kasten access [level] [cluster] [2h] [for @person] [reason]` asks for access for a time; what is left out is asked in a form.',
  "`/kasten grants` lists your access and when it ends; `/kasten grants all` everybody's, for operators.",
  '`/kasten revoke [@person] [reason]` ends all access of a person and cancels their requests; for operators.',
  '`/kasten break-glass [level] [cluster] [reason]` gives access at once to people on a list, tells everybody, and is looked at afterwards.',
  '`/kasten break-glass open [@person]` opens break-glass again to a person whose access was revoked; for operators.',
  '`/kasten setup [cluster ...]` asks for Entra sign-in on a cluster, on several or on `all`; an approver decides on the plan.',
  '`/kasten teardown [cluster]` lets Kasten sign people in as before set-up; you choose what else goes.',
  '`/kasten status [cluster]` observes and changes nothing.',
  '`/kasten who [cluster]` lists who can administer a Kasten now, and by which path.',
  '`/kasten rotate [cluster]` asks for a new client secret; the old one is removed when the new one is proved.',
  '`/kasten secrets` shows when each secret and certificate ends, and which are in use.',
  '`/kasten doctor` checks Slack, Entra, Helm, the clusters and Redis.',
  '`/kasten audit [@person or cluster]` tells the story of each grant; with `csv` behind it as a file, for operators.',
  '`/kasten link [@person] [object ID]` says which Entra account somebody has whose address does not tell; for operators.',
  '`/kasten audit verify` checks that no entry of the audit log was changed; for operators.',
  '`/kasten help` shows the lines that people mostly want.',
  'Every change waits for an approval by somebody else, where the configuration does not say otherwise, shows each step, and is proved at the end.',
];

/** What people mostly want, or all there is. */
export function helpMessage(more: boolean): SlackMessage {
  return taught(more ? EVERYTHING : MOSTLY_WANTED);
}

/**
 * Answer to a word that is no command.
 * @param nearest the command that was probably meant
 */
export function unknownCommandMessage(word: string, nearest: string | undefined): SlackMessage {
  const meant = nearest === undefined ? '' : ` Did you mean \`/kasten ${nearest}\`?`;
  return taught([`There is no \`/kasten ${escapeTyped(word, 40)}\`.${meant}`, ...MOSTLY_WANTED]);
}

/**
 * Answer to a command that lacks something.
 * @param usage how it is written, without `/kasten`
 */
export function incompleteMessage(lacks: string, usage: string): SlackMessage {
  return taught([`${lacks} Like this: \`/kasten ${usage}\`.`]);
}

/**
 * Answer to a cluster's name that is not in the configuration.
 * @param nearest the cluster that was probably meant
 */
export function unknownClusterMessage(
  name: string,
  known: readonly string[],
  nearest: string | undefined,
): SlackMessage {
  return sentence(
    `Kastellan knows no cluster "${escapeTyped(name, 60)}".`,
    nearest === undefined ? '' : `Did you mean ${escapeTyped(nearest)}?`,
    `It keeps ${clusterNames(known)}.`,
  );
}

/** The first words in a channel; they ask for nothing. */
export function welcomeMessage(): SlackMessage {
  return taught([
    'Kastellan puts Microsoft Entra sign-in with MFA in front of Veeam Kasten, and hands out access to it for some hours after an approval. `/kasten help` shows what it can do.',
  ]);
}

/** One sentence to one person. */
export function sentence(...sentences: readonly string[]): SlackMessage {
  return taught([sentences.filter((text) => text !== '').join(' ')]);
}

function taught(said: readonly string[]): SlackMessage {
  return message([section('said', said.join('\n'))]);
}
