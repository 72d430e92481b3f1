import { helmBinary } from '../../sandbox/tools/helm.ts';
import { describeReleases } from './suites/helm-releases.ts';
import { startRealCluster } from './support/real-cluster.ts';

describeReleases('K10 under Helm 3, on the real control plane', startRealCluster, () => helmBinary(3));
