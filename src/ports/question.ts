/** A read-only question that only a worker can answer: it alone can reach Entra and the clusters. */
export type Question =
  | { readonly kind: 'status'; readonly cluster?: string }
  | { readonly kind: 'who'; readonly cluster: string }
  | { readonly kind: 'audit' }
  | { readonly kind: 'doctor' }
  | { readonly kind: 'secrets' };
