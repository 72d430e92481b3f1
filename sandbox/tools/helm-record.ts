import { gunzipSync } from 'node:zlib';

/**
 * Unpacks what Helm keeps of a revision: base64 of gzip of JSON, to which Kubernetes adds a base64 of its own.
 * @param data of the Secret `sh.helm.release.v1.<release>.v<revision>`
 * @returns JSON text; the user's values are its `config`
 * @see https://github.com/helm/helm/blob/main/pkg/storage/driver/util.go
 */
export function unpackRecord(data: unknown): string {
  const { release = '' } = (data ?? {}) as { release?: string };
  const packed = Buffer.from(release, 'base64').toString();
  return gunzipSync(Buffer.from(packed, 'base64')).toString();
}
