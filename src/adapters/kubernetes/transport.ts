import {
  createConfiguration,
  type HttpLibrary,
  type RequestContext,
  type ResponseContext,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import { KastellanError, LATER } from '../../domain/errors.ts';
import { outcomeOfStatus } from '../../domain/remote-call.ts';
import type { WatchCall } from '../../ports/telemetry.ts';

/**
 * The client's own way of sending, each call told to `watch` by verb and kind of object.
 * @param cluster the cluster's name in the configuration
 */
export function watchedTransport(watch: WatchCall, cluster: string | undefined): HttpLibrary {
  const transport = createConfiguration().httpApi;
  return wrapHttpLibrary({
    send: (request) =>
      watch(
        {
          system: 'kubernetes',
          operation: operationOf(request),
          ...(cluster !== undefined && { cluster }),
        },
        async () => requireKubernetes(await transport.send(request).toPromise()),
        ({ httpStatusCode }) => outcomeOfStatus(httpStatusCode),
      ),
  });
}

// The client reads a page of a proxy, or of a login, as an object without anything in it.
function requireKubernetes(response: ResponseContext): ResponseContext {
  const type = response.headers['content-type'] ?? '';
  if (response.httpStatusCode >= 300 || !/\bhtml\b/i.test(type)) return response;
  throw new KastellanError({
    code: 'kubernetes.unexpected-answer',
    message: 'A web page answered in place of the Kubernetes API.',
    hint: 'Look whether a proxy or a login page stands between Kastellan and the cluster, and whether the address of the cluster is right.',
    retry: LATER,
  });
}

// `/api/v1/...`, `/apis/<group>/<version>/...`, then perhaps `namespaces/<name>/`, and the kind; `/version` has none.
const KIND = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/(?:namespaces\/[^/]+\/(?=.))?([^/]+)/;

/** `get secrets`: what is done to which kind, without the name of any object. */
function operationOf(request: RequestContext): string {
  const { pathname } = new URL(request.getUrl());
  return `${request.getHttpMethod().toLowerCase()} ${KIND.exec(pathname)?.[1] ?? 'version'}`;
}
