import { startControlPlane } from '../../control-plane/start.ts';

// Started by a test that kills it: the control plane shall not outlive it.
const { folder } = await startControlPlane();
process.stdout.write(`${folder}\n`);
setInterval(() => undefined, 60_000);
