import type { AnchorPlace } from '../../ports/audit-anchors.ts';
import { postSigned, type Webhook } from './signed-post.ts';

/** A webhook that receives each anchor: `{ type: 'audit.anchor', timestamp, data: { sequence, hash, at } }`. */
export function createWebhookAnchors(webhook: Webhook): AnchorPlace {
  return {
    name: `webhook ${new URL(webhook.url).host}`,
    write: (anchor) =>
      postSigned(webhook, {
        id: `audit-anchor-${anchor.sequence}-${anchor.hash.slice(0, 16)}`,
        contentType: 'application/json',
        body: JSON.stringify({ type: 'audit.anchor', timestamp: anchor.at, data: anchor }),
      }),
  };
}
