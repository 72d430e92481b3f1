import { asKastellanError } from '../../domain/errors.ts';
import type { AccessCheck } from '../../ports/cluster.ts';
import type { Finding } from '../../ports/finding.ts';
import type { Connection } from './connection.ts';
import { ask } from './errors.ts';
import { mayI } from './review-rights.ts';
import { type ConcreteRight, fixedRightsFor, type RightsAddress, type RightsOf } from './rights.ts';
import { sideBySide } from './side-by-side.ts';

const AUTHORIZATION = 'authorization.k8s.io';
// Doctor asks some fifty questions; this many at a time do not wake the API server's flow control.
const CONCURRENCY = 8;

/**
 * What somebody with this user name and these groups may do, by a SubjectAccessReview each. Without a user name, a right
 * that comes from anywhere else than the groups does not count.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
export function askForSubject(
  { authorization }: Connection,
  { user, groups }: { readonly user: string | undefined; readonly groups: readonly string[] },
  checks: readonly AccessCheck[],
): Promise<boolean[]> {
  return sideBySide(checks, CONCURRENCY, async (check) => {
    const { verb, resource, namespace } = check;
    const body = {
      spec: {
        ...(user === undefined ? {} : { user }),
        groups: [...groups],
        resourceAttributes: {
          verb,
          ...splitResource(resource),
          group: check.group,
          ...(namespace === undefined ? {} : { namespace }),
        },
      },
    };
    const answer = await ask({ verb: 'create', resource: `subjectaccessreviews.${AUTHORIZATION}` }, () =>
      authorization.createSubjectAccessReview({ body }),
    );
    return answer.status?.allowed === true;
  });
}

/**
 * Asks the cluster about each right of the account but for those on what K10's chart contains, which are asked about object by
 * object (`Releases.reviewRights`); changes nothing and raises nothing.
 */
export async function checkRights(
  connection: Connection,
  address: RightsAddress,
  whose: RightsOf,
): Promise<Finding[]> {
  try {
    return await sideBySide(fixedRightsFor(address, whose), CONCURRENCY, (right) =>
      checkRight(connection, right),
    );
  } catch (thrown) {
    const problem = asKastellanError(thrown);
    const fix = problem.hint ?? 'Look at the logs.';
    return [{ subject: 'Kubernetes API', verdict: 'bad', detail: problem.message, fix }];
  }
}

async function checkRight(connection: Connection, right: ConcreteRight): Promise<Finding> {
  const { verb, group, name, namespace, why } = right;
  const resource = `${right.resource}${group === '' ? '' : `.${group}`}`;
  const what = `${verb} ${resource}${name === undefined ? '' : ` "${name}"`}`;
  const scope = namespace === undefined ? 'in the whole cluster' : `in the namespace ${namespace}`;
  const subject = `Kubernetes right to ${what} ${scope}`;
  const detail = `to ${why}`;
  if (await mayI(connection, right)) return { subject, verdict: 'good', detail };
  const verdict = right.optional === true ? 'unknown' : 'bad';
  return { subject, verdict, detail, fix: `Give Kastellan the right to ${what} ${scope}.` };
}

// The API wants `pods/log` in two parts.
function splitResource(text: string): { resource: string; subresource?: string } {
  const [resource = '', subresource] = text.split('/');
  return subresource === undefined ? { resource } : { resource, subresource };
}
