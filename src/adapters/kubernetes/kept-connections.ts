import type { AgentOptions } from 'node:https';
import { type Cluster, KubeConfig, type RequestContext } from '@kubernetes/client-node';

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/**
 * A kubeconfig whose calls share connections. The client's own makes a pool for every call (client-node 2.0.1), and so
 * greets the API server anew each time: https://github.com/kubernetes-client/javascript/blob/2.0.1/src/config.ts
 */
export class KeptConnections extends KubeConfig {
  #kept: { readonly trust: string; readonly dispatcher: Dispatcher } | undefined;
  #trust = '';

  override createDispatcherOptions(cluster: Cluster | null, options: AgentOptions) {
    // Certificates may be renewed: what was opened with others is not used any more.
    this.#trust = JSON.stringify(options);
    return super.createDispatcherOptions(cluster, options);
  }

  override applySecurityAuthentication(context: RequestContext): Promise<void> {
    const setDispatcher = (made: Dispatcher): void => {
      if (this.#kept?.trust !== this.#trust) this.#kept = { trust: this.#trust, dispatcher: made };
      context.setDispatcher(this.#kept.dispatcher);
    };
    return super.applySecurityAuthentication(
      Object.create(context, { setDispatcher: { value: setDispatcher } }),
    );
  }
}
