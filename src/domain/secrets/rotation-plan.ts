import type { Change, Plan } from '../requests/plan.ts';
import { credentialSecretName } from '../setup/naming.ts';
import type { ObservedSecret } from '../setup/setup.ts';
import { secretLifetimeDays } from '../setup/setup-plan.ts';
import type { ObservedRotation, RotationSpec } from './rotation.ts';

const OLD_SECRET = 'old-secret';
const KEY_ID = 'keyId';

/**
 * What a rotation changes. It is the same from its begin to its end, apart from an old secret that is gone by then: what
 * was in use before is told apart from what the rotation itself put in.
 */
export function planRotation({ setup }: RotationSpec, observed: ObservedRotation): Plan {
  const old = secretBefore(observed);
  return {
    changes: [
      newSecret(setup, observed),
      {
        id: 'credential',
        sign: '~',
        system: 'kubernetes',
        summary: `Secret ${setup.namespace}/${credentialSecretName(setup.release)} gets the new secret`,
        differences: [{ path: 'client-secret', before: '(secret)', after: '(secret)' }],
      },
      observed.byReference ? restart(observed) : upgrade(setup.release, observed),
      ...(old === undefined ? [] : [removal(old)]),
    ],
    notes: [...oldSecretNotes(observed, old), restartNote(observed)],
    ...(observed.warnings.length > 0 && { warnings: observed.warnings }),
  };
}

/** The client secret that was in use before, if Entra knows it and it is the one that the key ID stands for. */
function secretBefore({ application, before, beforeIsKnown }: ObservedRotation): ObservedSecret | undefined {
  return beforeIsKnown ? application.secrets.find(({ keyId }) => keyId === before.keyId) : undefined;
}

/** The key ID of the one secret that people approved to be removed, or undefined where none is. */
export function keyToRemove(plan: Plan): string | undefined {
  const change = plan.changes.find(({ id }) => id === OLD_SECRET);
  return change?.differences.find(({ path }) => path === KEY_ID)?.before;
}

function newSecret(setup: RotationSpec['setup'], observed: ObservedRotation): Change {
  const days = secretLifetimeDays(setup, observed);
  const cut = days < setup.secretLifetimeDays ? ', the longest this tenant allows' : '';
  return {
    id: 'secret',
    sign: '+',
    system: 'entra',
    summary: `client secret of ${setup.applicationName} valid ${days} days${cut}`,
    differences: [{ path: 'lifetime', after: `${days} days` }],
  };
}

function restart({ readers }: ObservedRotation): Change {
  return {
    id: 'restart',
    sign: '~',
    system: 'kubernetes',
    summary: `restart of the Deployments that read it: ${readers.join(', ')}`,
    differences: readers.map((name) => ({ path: 'restart', after: name })),
  };
}

function upgrade(release: string, { chartVersion }: ObservedRotation): Change {
  return {
    id: 'release',
    sign: '~',
    system: 'helm',
    summary: `${release} ${chartVersion}, stays at that version: the client secret`,
    differences: [{ path: 'auth.oidcAuth.clientSecret', before: '(secret)', after: '(secret)' }],
  };
}

function removal({ keyId, hint, endsAt }: ObservedSecret): Change {
  const name = hint === null ? keyId : `${hint}...`;
  return {
    id: OLD_SECRET,
    sign: '-',
    system: 'entra',
    summary: `client secret ${name}, which would end ${endsAt.slice(0, 10)}: last, when the new one is proved`,
    differences: [{ path: KEY_ID, before: keyId }],
  };
}

function oldSecretNotes({ beforeIsKnown }: ObservedRotation, old: ObservedSecret | undefined): string[] {
  if (!beforeIsKnown) {
    return [
      'Somebody put another secret into the Kubernetes Secret by hand. Kastellan cannot tell which one in Entra that is, so it removes none: remove it in Entra afterwards.',
    ];
  }
  return old === undefined ? ['The secret in use is gone from Entra already: nobody can sign in now.'] : [];
}

function restartNote({ byReference, deployments, runningActions }: ObservedRotation): string {
  const what = byReference
    ? 'The dashboard may be away for about a minute'
    : `All of K10's pods restart (${deployments.length} Deployments): a few minutes without the dashboard`;
  const running = runningActions === 0 ? 'none' : `${runningActions}, which the restart can interrupt`;
  return `${what}; both secrets are good meanwhile. Running backups and restores: ${running}.`;
}
