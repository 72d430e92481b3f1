import { dump } from 'js-yaml';

/** A kubeconfig (YAML) with one context of this name, for one user with a bearer token. */
export function kubeconfigText(options: {
  url: string;
  ca: string;
  token: string;
  context?: string;
  user?: string;
  namespace?: string;
}): string {
  const { url, ca, token, context = 'sandbox', user = 'admin', namespace } = options;
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [
      {
        name: context,
        cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: context, context: { cluster: context, user, ...(namespace ? { namespace } : {}) } }],
  });
}
