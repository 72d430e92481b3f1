import { startTestRedis } from '../support/redis.ts';
import { describeJobs } from './suites/jobs.ts';

describeJobs('with one Redis:', () => startTestRedis());
