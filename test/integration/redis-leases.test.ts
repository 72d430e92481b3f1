import { startTestRedis } from '../support/redis.ts';
import { describeLeases } from './suites/redis-leases.ts';

describeLeases('with one Redis:', () => startTestRedis());
