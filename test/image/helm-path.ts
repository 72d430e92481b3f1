import { helmBinary } from '../../sandbox/tools/helm.ts';

process.stdout.write(await helmBinary(4));
