import type { AddressInfo } from 'node:net';
import type { PodRuntime } from '../kubernetes/pod-runtime.ts';
import { type ClusterAddress, openCluster } from './cluster-access.ts';
import { followCluster } from './follow-cluster.ts';
import { followPods } from './follow-pods.ts';
import type { FollowOptions } from './follower.ts';
import { createGateway } from './gateway.ts';
import { type SignInService, startSignInService } from './sign-in-service.ts';

export interface DashboardOptions {
  /** The cluster K10 is installed in, as an administrator or as K10's own account. */
  kubernetes: ClusterAddress;
  /** `kasten-io` if absent. */
  namespace?: string;
  /** `k10` if absent. */
  release?: string;
  /** 0 or absent: the operating system picks one. */
  port?: number;
  /** PEM, for localhost and 127.0.0.1. */
  tls: { key: string; cert: string };
  /** PEM; whom auth-svc trusts besides the well-known authorities. A CA bundle among K10's values counts as well. */
  entraCa?: string;
  now?: () => Date;
  /** By default the dashboard waits to be told about pods; `fromCluster` is for clusters in which none really run. */
  fromCluster?: { pollMs?: number };
  /** Takes the log of auth-svc where there is no pod to write it to. */
  log?: (line: string) => void;
}

/** K10's dashboard, and what signs people in to it. */
export interface Dashboard {
  /** `https://localhost:PORT`, which is what `redirectURL` has to be. */
  origin: string;
  /** `https://localhost:PORT/<release>/` */
  url: string;
  /** What the app registration has to know. */
  redirectUri: string;
  /** Give this to the cluster's `runtimes`. With `fromCluster` it plays nobody. */
  runtime: PodRuntime;
  close(): Promise<void>;
}

/** Starts the stand-in for K10's gateway, auth-svc and dashboard on 127.0.0.1. It answers 503 until K10 is installed. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { namespace = 'kasten-io', release = 'k10', now = () => new Date(), entraCa = '' } = options;
  const cluster = openCluster(options.kubernetes);
  let current: SignInService | undefined;
  const app = createGateway({ tls: options.tls, cluster, namespace, release, current: () => current });
  const follow: FollowOptions = {
    namespace,
    start: (around) => startSignInService({ around, release, entraCa, now }),
    changed: (service) => {
      current = service;
    },
  };
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const { log = () => undefined, fromCluster } = options;
  const follower = fromCluster
    ? { runtime: nobody, ...followCluster({ ...follow, cluster, log, pollMs: fromCluster.pollMs ?? 500 }) }
    : followPods(follow);
  // The certificate names localhost, and so do redirect URIs in examples: the address people see is that one.
  const origin = `https://localhost:${(app.server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/${release}/`,
    redirectUri: `${origin}/${release}/auth-svc/v0/oidc/redirect`,
    runtime: follower.runtime,
    close: async () => {
      await follower.stop();
      await app.close();
    },
  };
}

const nobody: PodRuntime = { start: async () => undefined };
