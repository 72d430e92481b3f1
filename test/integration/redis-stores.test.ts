import { startTestRedis } from '../support/redis.ts';
import { describeStores } from './suites/redis-stores.ts';

describeStores('with one Redis:', () => startTestRedis());
