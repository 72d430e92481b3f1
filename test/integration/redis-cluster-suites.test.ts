import { startTestRedisCluster } from '../support/redis-cluster.ts';
import { describeHistory } from './suites/history.ts';
import { describeJobs } from './suites/jobs.ts';
import { describeLeases } from './suites/redis-leases.ts';
import { describeStores } from './suites/redis-stores.ts';

describeStores('with a Redis Cluster:', () => startTestRedisCluster());
describeLeases('with a Redis Cluster:', () => startTestRedisCluster());
describeJobs('with a Redis Cluster:', () => startTestRedisCluster());
describeHistory('with a Redis Cluster:', () => startTestRedisCluster());
