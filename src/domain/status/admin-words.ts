import type { AdminPath, AdminVia } from './admin-paths.ts';
import type { AdminPower } from './admin-power.ts';
import type { RbacSubject } from './role-grants.ts';

const EVERYBODY: Readonly<Record<string, string>> = {
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
function subjectWords({ subject, via }: Pick<AdminPath, 'subject' | 'via'>): string {
  if (subject !== undefined) return EVERYBODY[subject.name] ?? nameWords(subject);
  return via.by === 'sign-in' && via.mode === 'basicAuth'
    ? 'whoever knows the password of basic auth'
    : 'anybody who reaches the dashboard';
}

function nameWords({ kind, name, namespace }: RbacSubject): string {
  if (kind === 'ServiceAccount') return `service account ${name} in ${namespace ?? ''}`;
  return kind === 'Group' ? `group ${name}` : `user ${name}`;
}

/** By what, inside a sentence: `ClusterRoleBinding ops to k10-admin`. */
function viaWords(via: AdminVia): string {
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
