import { describe, expect, it } from '@jest/globals';
import { ApiException } from '@kubernetes/client-node';
import { kubernetesError } from '../../src/adapters/kubernetes/errors.ts';

const BINDINGS = 'rolebindings.rbac.authorization.k8s.io';
const CALL = {
  verb: 'patch',
  resource: BINDINGS,
  namespace: 'kasten-io',
  name: 'kastellan-ns-admin',
  role: 'roles.rbac.authorization.k8s.io "k10-ns-admin"',
};

function failureFor(message: string): { code: string; message: string; hint: string | undefined } {
  const answer = JSON.stringify({
    kind: 'Status',
    status: 'Failure',
    message,
    reason: 'NotFound',
    code: 404,
  });
  const { code, message: said, hint } = kubernetesError(new ApiException(404, message, answer, {}), CALL);
  return { code, message: said, hint };
}

describe('a binding that the cluster does not make', () => {
  it('because its role is missing, which the cluster says of the binding, is told with the role', () => {
    expect(failureFor(`${BINDINGS} "k10-ns-admin" not found`)).toEqual({
      code: 'kubernetes.not-found',
      message: expect.stringMatching(/^There is no roles\S+ "k10-ns-admin", so rolebindings/),
      hint: expect.stringContaining('whether K10 is installed'),
    });
  });

  it('because something else is missing is told without the role', () => {
    const { message } = failureFor('namespaces "kasten-io" not found');
    expect(message).toBe(`There is no ${BINDINGS} "kastellan-ns-admin" in the namespace kasten-io.`);
  });
});
