// What K10's services say when they do not start, and what most likely helps.
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /certificate signed by unknown authority|unable to get local issuer certificate/i,
    "Most likely K10 does not trust the authority behind Entra's address, as with a proxy that opens TLS: put its certificate into a ConfigMap of K10's namespace under the key custom-ca-bundle.pem and set cacertconfigmap.name in K10's values.",
  ],
  [
    /no such host|i\/o timeout/i,
    "Most likely K10's pods cannot reach Entra: look at their proxy settings, DNS and network policies.",
  ],
  [
    /ImagePullBackOff|ErrImagePull/,
    'The image cannot be pulled: look at the registry, its credentials and the network of the nodes.',
  ],
  [
    /Insufficient (cpu|memory)|FailedScheduling/,
    'The nodes have no room for the new pods: free some, or add a node.',
  ],
];

/** A hint for what a Deployment says while it does not become ready; undefined where its words tell nothing known. */
export function likelyCause(words: string): string | undefined {
  return CAUSES.find(([pattern]) => pattern.test(words))?.[1];
}
