import type { SignInService } from './sign-in-service.ts';
import type { Surroundings } from './surroundings.ts';

/** What makes the sign-in service come and go with the cluster. */
export interface Follower {
  stop(): Promise<void>;
}

export interface FollowOptions {
  namespace: string;
  /** Starts the service; a rejection is a crash. */
  start(around: Surroundings): Promise<SignInService>;
  /** The service that runs from now on, or undefined for none. */
  changed(service: SignInService | undefined): void;
}
