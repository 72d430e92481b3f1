import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeconfigText } from '../../sandbox/kubernetes/kubeconfig.ts';
import { createAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { freePort } from '../support/free-port.ts';
import { openSystem } from './api.ts';
import { argumentsOf, FILES } from './arguments.ts';
import { type Child, startChild } from './child.ts';
import { type Fate, stages } from './nodes.ts';
import { findPrograms, type Program } from './programs.ts';
import { startTokenReviewer, type TokenReviewer } from './tokens.ts';

const MASTERS = 'system:masters';

/** A real control plane that runs; everything of it listens on 127.0.0.1 or on sockets in its folder. */
export interface ControlPlane {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** PEM text of the certificate authority. */
  readonly ca: string;
  /** A bearer token of an administrator. */
  readonly adminToken: string;
  /** Logs and data; gone after `close`. */
  readonly folder: string;
  /**
   * A kubeconfig (YAML) with a bearer token. Without a user it is an administrator (`system:masters`); otherwise a user
   * name with the groups given, or `system:serviceaccount:NAMESPACE:NAME`, which must exist.
   */
  kubeconfig(user?: string, groups?: readonly string[]): Promise<string>;
  /** A bearer token of a service account that exists, as a pod of it would have. */
  tokenFor(namespace: string, name: string): Promise<string>;
  /** A bearer token of a user in these groups. */
  userToken(user: string, groups?: readonly string[]): string;
  /** What becomes of pods that are made from now on; at first they become ready. */
  newPods(fate: Fate): Promise<void>;
  /** Kills the API server; `bringBackApi` starts it again at the same address, with the same data. */
  killApi(): Promise<void>;
  bringBackApi(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts etcd, an API server with RBAC, the controllers, the scheduler and pretend nodes, in some seconds. They end with
 * this process, whatever ends it.
 * @throws Error with a program's last words when it does not start, or when the programs are not there and cannot be built
 */
export async function startControlPlane(): Promise<ControlPlane> {
  const programs = await findPrograms();
  const authority = await createAuthority();
  const tls = await authority.issue();
  const folder = await mkdtemp(join(tmpdir(), 'control-plane-'));
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const ca = authority.certificate;
  const adminToken = randomBytes(24).toString('base64url');
  const reviewer = await startTokenReviewer(tls);
  const system = openSystem({ url, ca, token: adminToken });

  const running = new Map<Program, Child>();
  const start = async (name: Program): Promise<Child> => {
    const flags = argumentsOf(name, { folder, port });
    const child = await startChild({ name, command: programs[name], flags, folder });
    running.set(name, child);
    return child;
  };
  const failures = () => [...running.values()].map(({ failure }) => failure);
  const startApi = async (): Promise<void> => {
    await start('kube-apiserver');
    await Promise.race([system.ready(), ...failures()]);
  };
  const close = async (): Promise<void> => {
    await Promise.all([...running.values()].map((child) => child.stop()));
    await reviewer.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await writeFiles(folder, { url, ca, tls, adminToken, reviewer });
    await start('etcd');
    await startApi();
    await Promise.all((['kube-controller-manager', 'kube-scheduler', 'kwok'] as const).map(start));
    await Promise.race([system.settled(), ...failures()]);
  } catch (problem) {
    await close();
    throw problem;
  }
  const userToken = (user: string, groups: readonly string[] = []) => reviewer.issue(user, groups);
  const tokenOf = async (user: string | undefined, groups?: readonly string[]): Promise<string> => {
    if (user === undefined) return adminToken;
    const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
    if (namespace !== undefined && name !== undefined) return system.accountToken(namespace, name);
    return userToken(user, groups);
  };
  return {
    url,
    ca,
    adminToken,
    folder,
    kubeconfig: async (user, groups) =>
      kubeconfigText({ url, ca, token: await tokenOf(user, groups), user: user ?? 'admin' }),
    tokenFor: system.accountToken,
    userToken,
    newPods: system.newPods,
    killApi: async () => running.get('kube-apiserver')?.stop(),
    bringBackApi: startApi,
    close,
  };
}

interface Facts {
  readonly url: string;
  readonly ca: string;
  readonly tls: { readonly key: string; readonly cert: string };
  readonly adminToken: string;
  readonly reviewer: TokenReviewer;
}

async function writeFiles(folder: string, { url, ca, tls, adminToken, reviewer }: Facts): Promise<void> {
  const accounts = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const texts: Record<keyof typeof FILES, string> = {
    ca,
    serverCert: tls.cert,
    serverKey: tls.key,
    accountKey: accounts.privateKey,
    accountPublicKey: accounts.publicKey,
    systemTokens: `${adminToken},admin,admin,${MASTERS}\n`,
    tokenReviewer: kubeconfigText({ url: reviewer.url, ca, token: 'not-asked-for' }),
    kubeconfig: kubeconfigText({ url, ca, token: adminToken }),
    stages: stages(),
  };
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(join(folder, FILES[name as keyof typeof FILES]), text, { mode: 0o600 });
  }
}
