import {
  createConfiguration,
  type HttpLibrary,
  type RequestContext,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
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
        () => transport.send(request).toPromise(),
        ({ httpStatusCode }) => outcomeOfStatus(httpStatusCode),
      ),
  });
}

// `/api/v1/...`, `/apis/<group>/<version>/...`, then perhaps `namespaces/<name>/`, and the kind; `/version` has none.
const KIND = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/(?:namespaces\/[^/]+\/(?=.))?([^/]+)/;

/** `get secrets`: what is done to which kind, without the name of any object. */
function operationOf(request: RequestContext): string {
  const { pathname } = new URL(request.getUrl());
  return `${request.getHttpMethod().toLowerCase()} ${KIND.exec(pathname)?.[1] ?? 'version'}`;
}
