import { ApiException, HttpMethod, KubernetesObjectApi, type ResponseContext } from '@kubernetes/client-node';
import type { JsonObject } from '../../domain/json.ts';
import type { RenderedObject } from '../../domain/setup/manifest.ts';

/**
 * Objects of any kind, as the API server sends them: the client's own way of reading them drops fields that it does not know.
 * Which resource a kind is, is asked once for each version of an API.
 */
export class RawObjects extends KubernetesObjectApi {
  readonly #known = new Map<string, Promise<unknown>>();

  /** @throws ApiException with the status of the refusal */
  async readRaw({ apiVersion, kind, namespace, name }: RenderedObject): Promise<JsonObject> {
    // Side by side they would all ask.
    const known = this.#known.get(apiVersion) ?? this.resource(apiVersion, kind);
    this.#known.set(apiVersion, known);
    await known;
    const resource = await this.resource(apiVersion, kind);
    if (resource === undefined) throw new ApiException(404, `no kind ${kind}`, '', {});
    const place = namespace === undefined ? [] : ['namespaces', encodeURIComponent(namespace)];
    const path = [this.apiVersionPath(apiVersion), ...place, resource.name, encodeURIComponent(name)].join(
      '/',
    );
    const request = this.configuration.baseServer.makeRequestContext(path, HttpMethod.GET);
    request.setHeaderParam('Accept', 'application/json');
    return this.requestPromise(request) as unknown as Promise<JsonObject>;
  }

  protected override async processResponse<T>(response: ResponseContext): Promise<T> {
    const text = await response.body.text();
    if (response.httpStatusCode >= 300)
      throw new ApiException(response.httpStatusCode, 'Refused', text, response.headers);
    return JSON.parse(text) as T;
  }
}
