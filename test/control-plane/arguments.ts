import { join } from 'node:path';
import type { Program } from './programs.ts';

/** What the programs are told. */
export interface Settings {
  /** A short path: names of sockets may have no more than 107 bytes. */
  readonly folder: string;
  readonly port: number;
}

/** Files that the programs read, relative to the folder. */
export const FILES = {
  ca: 'ca.pem',
  serverCert: 'server.pem',
  serverKey: 'server-key.pem',
  accountKey: 'accounts-key.pem',
  accountPublicKey: 'accounts.pem',
  systemTokens: 'system-tokens.csv',
  tokenReviewer: 'token-reviewer.yaml',
  kubeconfig: 'system.yaml',
  stages: 'stages.yaml',
} as const;

/** The controllers that a cluster of Deployments needs; the rest would only cost time. */
const CONTROLLERS = [
  'clusterrole-aggregation',
  'daemonset',
  'deployment',
  'endpointslice',
  'garbage-collector',
  'job',
  'namespace',
  'persistentvolume-binder',
  'persistentvolumeclaim-protection',
  'pod-garbage-collector',
  'replicaset',
  'root-ca-certificate-publisher',
  'serviceaccount',
  'statefulset',
];

/** The command line of each program. What may not be seen in it is in files. */
export function argumentsOf(program: Program, { folder, port }: Settings): string[] {
  const file = (name: keyof typeof FILES) => join(folder, FILES[name]);
  const etcd = `unix://${join(folder, 'etcd.sock')}`;
  const lines: Record<Program, Record<string, string>> = {
    etcd: {
      'data-dir': join(folder, 'etcd'),
      'listen-client-urls': etcd,
      // Asked for, but only other members would use it.
      'advertise-client-urls': 'http://127.0.0.1:2379',
      'listen-peer-urls': `unix://${join(folder, 'peer.sock')}`,
      // The data is thrown away with the cluster.
      'unsafe-no-fsync': 'true',
      'log-level': 'warn',
    },
    'kube-apiserver': {
      'etcd-servers': etcd,
      'bind-address': '127.0.0.1',
      'advertise-address': '127.0.0.1',
      'secure-port': String(port),
      'endpoint-reconciler-type': 'none',
      'tls-cert-file': file('serverCert'),
      'tls-private-key-file': file('serverKey'),
      'client-ca-file': file('ca'),
      'token-auth-file': file('systemTokens'),
      'authentication-token-webhook-config-file': file('tokenReviewer'),
      'authentication-token-webhook-version': 'v1',
      'authorization-mode': 'RBAC',
      // It would taint the nodes until a controller that is not run here takes the taint away.
      'disable-admission-plugins': 'TaintNodesByCondition',
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': file('accountPublicKey'),
      'service-account-signing-key-file': file('accountKey'),
      'service-cluster-ip-range': '10.96.0.0/16',
      'cert-dir': folder,
    },
    'kube-controller-manager': {
      kubeconfig: file('kubeconfig'),
      controllers: CONTROLLERS.map((name) => `${name}-controller`).join(','),
      'root-ca-file': file('ca'),
      'service-account-private-key-file': file('accountKey'),
      'leader-elect': 'false',
      'secure-port': '0',
    },
    'kube-scheduler': { kubeconfig: file('kubeconfig'), 'leader-elect': 'false', 'secure-port': '0' },
    kwok: {
      kubeconfig: file('kubeconfig'),
      config: file('stages'),
      'manage-all-nodes': 'true',
      'node-lease-duration-seconds': '0',
    },
  };
  return Object.entries(lines[program]).map(([name, value]) => `--${name}=${value}`);
}
