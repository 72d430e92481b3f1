import { dirname } from 'node:path';
import { findPrograms } from './programs.ts';

// Beside the tests and not within one: building takes minutes the first time, and people want to see that it goes on.
const { etcd } = await findPrograms();
process.stdout.write(`The control plane for the tests is in ${dirname(etcd)}\n`);
