import { asKastellanError } from '../../domain/errors.ts';
import type { Finding } from '../../ports/finding.ts';
import type { Graph } from './graph.ts';
import type { OwnIdentity, TokenSource } from './identity.ts';
import {
  FEATURES,
  type GraphPermission,
  grantCommand,
  isOptional,
  PERMISSIONS,
  portalPath,
} from './permissions.ts';

/**
 * Looks at Kastellan's own access token: whether there is one, and which permissions it carries. Nothing is written and
 * Graph itself is not asked.
 */
export async function checkIdentity(
  graph: Graph,
  kind: TokenSource['kind'],
  portal: string,
): Promise<Finding[]> {
  const subject = 'Sign-in of Kastellan to Entra';
  let identity: OwnIdentity;
  try {
    identity = await graph.identity();
  } catch (thrown) {
    const { message, hint } = asKastellanError(thrown);
    return [{ subject, verdict: 'bad', detail: message, fix: hint ?? 'Look into the logs.' }];
  }
  return [
    { subject, verdict: 'good', detail: `Signed in with ${kind} as ${identity.clientId ?? 'unknown'}.` },
    ...PERMISSIONS.map((permission) => judge(permission, identity, portal)),
  ];
}

function judge(permission: GraphPermission, identity: OwnIdentity, portal: string): Finding {
  const subject = `Graph permission ${permission.name}`;
  const granted = [permission.name, ...permission.coveredBy].find((name) => identity.roles.includes(name));
  if (granted !== undefined) {
    const detail = granted === permission.name ? 'Granted.' : `Covered by ${granted}.`;
    return { subject, verdict: 'good', detail };
  }
  const optional = isOptional(permission);
  const need = optional ? 'Not granted; only needed' : 'Not granted; needed';
  const features = permission.features.map((feature) => FEATURES[feature]).join(' and ');
  return {
    subject,
    verdict: optional ? 'optional' : 'bad',
    detail: `${need} for ${features}: ${permission.reason}`,
    fix:
      `${portal} > ${portalPath(permission)}. Or: ${grantCommand(permission, identity.clientId ?? '<client ID>')}. ` +
      'A token in use keeps its permissions for up to an hour; a restart gets a new one.',
  };
}
