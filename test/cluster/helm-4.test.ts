import { helmBinary } from '../../sandbox/tools/helm.ts';
import { describeReleases } from './suites/helm-releases.ts';
import { startInMemoryCluster } from './support/test-cluster.ts';

describeReleases('K10 under Helm 4', startInMemoryCluster, () => helmBinary(4));
