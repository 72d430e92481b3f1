import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { World } from '../world.ts';
import type { Form } from './authenticate-client.ts';
import { StsProblem } from './sts-problem.ts';

/** The browser sign-in. */
export interface SignIn {
  redeem(request: FastifyRequest, reply: FastifyReply, form: Form): Promise<FastifyReply>;
}

export function createSignIn(_world: World): SignIn {
  return {
    redeem: async () => {
      throw new StsProblem(70003, 'unsupported_grant_type', 'Not yet.');
    },
  };
}

export function signInRoutes(_app: FastifyInstance, _world: World, _signIn: SignIn): void {}
