import { startTestRedis } from '../support/redis.ts';
import { describeHistory } from './suites/history.ts';
import { describeStores } from './suites/redis-stores.ts';

describeStores('with one Redis:', () => startTestRedis());
describeHistory('with one Redis:', () => startTestRedis());
