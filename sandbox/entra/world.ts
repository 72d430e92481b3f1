import type { Clock } from './clock.ts';
import type { Directory } from './directory.ts';
import type { Knobs } from './knobs.ts';
import type { EntraSeed } from './seed.ts';
import type { SigningKey } from './sts/signing-key.ts';

/** What every route works with. `url` is known only once the server listens, so it is read late. */
export interface World {
  readonly directory: Directory;
  readonly knobs: Knobs;
  readonly clock: Clock;
  readonly seed: EntraSeed;
  readonly signingKey: SigningKey;
  url: string;
}

/** The issuer of ID tokens, as Entra writes it for one tenant. */
export function issuerOf(world: World): string {
  return `${world.url}/${world.directory.tenantId}/v2.0`;
}
