import type { AdminPath, AdminVia } from './admin-paths.ts';
import type { AdminPower } from './admin-power.ts';
import type { K10Place, RbacSubject } from './role-grants.ts';

const ALL_ACCOUNTS: Readonly<Record<string, string>> = {
  'system:authenticated': 'every account that the cluster knows (group system:authenticated)',
  'system:unauthenticated': 'anybody, without signing in (group system:unauthenticated)',
  'system:anonymous': 'anybody, without signing in (user system:anonymous)',
  'system:serviceaccounts': 'every service account of the cluster (group system:serviceaccounts)',
};

const POWERS: Readonly<Record<AdminPower, string>> = {
  everything: 'which allows everything',
  k10: "which changes K10's configuration",
  namespace: "which reads and changes the Secrets of K10's namespace",
  'hand-out': 'which may give such a role to anybody',
  impersonate: 'which may act as somebody else',
  tokens: "which may make tokens of K10's service accounts",
};

/** Who a path lets in, inside a sentence; plain text with names that others wrote. */
export function subjectWords({ subject, via }: Pick<AdminPath, 'subject' | 'via'>): string {
  if (subject !== undefined) return ALL_ACCOUNTS[subject.name] ?? nameWords(subject);
  return via.by === 'sign-in' && via.mode === 'basicAuth'
    ? 'whoever knows the password of basic auth'
    : 'anybody who reaches the dashboard';
}

function nameWords({ kind, name, namespace }: RbacSubject): string {
  if (kind === 'ServiceAccount') return `service account ${name} in ${namespace ?? ''}`;
  return kind === 'Group' ? `group ${name}` : `user ${name}`;
}

/** By what, inside a sentence: `ClusterRoleBinding ops to k10-admin`. */
export function viaWords(via: AdminVia): string {
  switch (via.by) {
    case 'binding': {
      const { kind, name, role, power } = via;
      // What K10's own roles allow, their names tell.
      return `${kind} ${name} to ${role.name}${power === 'k10' ? '' : `, ${POWERS[power]}`}`;
    }
    case 'values':
      return `${via.key} in K10's values`;
    case 'sign-in':
      return via.mode === 'none'
        ? 'no sign-in at all, in which K10 looks at no rights'
        : 'auth.basicAuth, in which K10 looks at no rights';
  }
}

const MOST_NAMED = 3;

/**
 * What a plan says of the paths that it neither makes nor ends.
 * @returns what people must read before they decide, and what is good to know
 */
export function planWords(paths: readonly AdminPath[]): {
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
} {
  const open = paths.filter(({ everybody }) => everybody);
  const others = paths.filter(({ everybody }) => !everybody);
  const named = others.slice(0, MOST_NAMED).map((path) => `${subjectWords(path)} (${viaWords(path.via)})`);
  const more = others.length - named.length;
  const all = more > 0 ? [...named, `${more} more`] : named;
  const count = others.length === 1 ? '1 more way' : `${others.length} more ways`;
  return {
    warnings: open.map(
      (path) =>
        `This K10 stays open: ${subjectWords(path)} can administer it, by the ${viaWords(path.via)}. This set-up does not change that.`,
    ),
    notes:
      others.length === 0
        ? []
        : [
            `${count} to administer this K10, which this set-up does not make: ${all.join('; ')}. /kasten who shows each.`,
          ],
  };
}

/** How a path is ended: in words, and the command where there is one. Nothing of it is done by Kastellan. */
export interface Removal {
  readonly words: string;
  readonly command?: string;
}

/** How somebody ends a path who wants it to be gone. */
export function removalOf(
  { subject, via }: AdminPath,
  { release, namespace }: K10Place,
  cluster: string,
): Removal {
  if (via.by === 'sign-in') {
    return { words: 'A set-up switches to sign-in through Entra.', command: `/kasten setup ${cluster}` };
  }
  const who = subject?.name ?? '';
  if (via.by === 'values') {
    return {
      words: `Take ${who} out of ${via.key} in the values of the release, then upgrade it with them.`,
      command: `helm upgrade ${shellWord(release)} kasten/k10 -n ${shellWord(namespace)} --reset-values -f values.yaml`,
    };
  }
  const where = via.kind === 'RoleBinding' ? ` -n ${shellWord(via.namespace ?? namespace)}` : '';
  const object = `${via.kind.toLowerCase()}${where} ${via.name.startsWith('-') ? '-- ' : ''}${shellWord(via.name)}`;
  // Deleting a binding of Kastellan or of K10's chart would take it from those whom it is for.
  return via.alone && via.madeBy === 'other'
    ? { words: 'Delete the binding.', command: `kubectl delete ${object}` }
    : { words: `Take ${who} out of the subjects of the binding.`, command: `kubectl edit ${object}` };
}

// Kubernetes takes nearly any character in the name of a binding, and this is to be pasted into a shell.
function shellWord(text: string): string {
  return /^[\w.:@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
