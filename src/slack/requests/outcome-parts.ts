import type { SectionBlock } from '@slack/web-api';
import type { Request } from '../../domain/requests/request.ts';
import type { RequestView } from '../../ports/messenger.ts';
import { button, codeSection, linkButton } from '../blocks/blocks.ts';
import { escapeCode, escapeMarkup } from '../blocks/escape.ts';
import { between } from '../blocks/words.ts';
import { ACTIONS, blockId } from './request-ids.ts';

/** Whether nothing that was looked at fails to hold. */
export function everythingHolds({ outcome }: Pick<Request, 'outcome'>): boolean {
  return (outcome?.proofs ?? []).every(({ holds }) => holds);
}

/** What was proved, and what does not hold; markup, empty where nothing was looked at. */
export function provedLine({ outcome }: Pick<Request, 'outcome'>): string {
  const proofs = outcome?.proofs ?? [];
  const held = proofs.filter(({ holds }) => holds).map(({ name }) => escapeMarkup(name));
  const open = proofs.filter(({ holds }) => !holds);
  const missing = open.map(({ name, detail }) => `${escapeMarkup(name)} (${escapeMarkup(detail)})`);
  const proved = held.length === 0 ? '' : `*Proved just now:* ${held.join(' · ')}`;
  const unproved = missing.length === 0 ? '' : `*Not proved:* ${missing.join(' · ')}`;
  return [proved, unproved].filter((text) => text !== '').join('\n');
}

/** The values to commit where somebody else keeps the release; none where nobody does. */
export function handOverBlocks(request: Pick<Request, 'id' | 'plan'>): SectionBlock[] {
  const { handOver } = request.plan ?? {};
  return handOver === undefined
    ? []
    : [codeSection(blockId(request, 'hand-over'), escapeCode(handOver.values))];
}

/** The button that opens the dashboard; none where no link may lead there. */
export function signInButtons({ request, signIn }: Pick<RequestView, 'request' | 'signIn'>) {
  if (signIn === undefined || !('address' in signIn)) return [];
  const label = `Open Kasten on ${request.cluster}`;
  return [linkButton(ACTIONS.open, 'Sign in to Kasten', signIn.address, label)];
}

/** Why there is no such button, as markup; empty where there is one. */
export function withheldSignIn({ signIn }: Pick<RequestView, 'signIn'>): string {
  return signIn !== undefined && 'withheld' in signIn ? escapeMarkup(signIn.withheld) : '';
}

/** Shows how the cluster of a request is now. */
export function statusButton({ id, cluster }: Pick<Request, 'id' | 'cluster'>) {
  return button(ACTIONS.status, 'Status', id, { label: `Show how Kasten on ${cluster} is now` });
}

/** `Took 1 min 40 s`; empty for a request whose work never began. */
export function tookWords({ startedAt, endedAt }: Request): string {
  return startedAt === undefined || endedAt === undefined ? '' : `Took ${between(startedAt, endedAt)}`;
}

/** How to find this request again. */
export function record({ id }: Pick<Request, 'id'>): string {
  return `Request ${id}`;
}
