import { describeCluster } from './suites/kubernetes-cluster.ts';
import { startRealCluster } from './support/real-cluster.ts';

describeCluster('Kubernetes, the real control plane', startRealCluster);
