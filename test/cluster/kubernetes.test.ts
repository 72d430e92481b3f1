import { describeCluster } from './suites/kubernetes-cluster.ts';
import { startInMemoryCluster } from './support/test-cluster.ts';

describeCluster('Kubernetes, in memory', startInMemoryCluster);
