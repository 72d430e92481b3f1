import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKastellan } from './kastellan.ts';
import { trustAuthority } from './tls/certificate-authority.ts';
import { tellOfChart } from './tour/tell-of-chart.ts';
import { Transcript } from './tour/transcript.ts';
import { walkTour } from './tour/walk-tour.ts';
import { startSandbox } from './world.ts';

const home = await mkdtemp(join(tmpdir(), 'kastellan-tour-'));
const script = new Transcript((line) => console.log(line));
const chartArchive = process.env['K10_CHART'];
const sandbox = await startSandbox({ home, secretAcceptedAfterMs: 2_000, rolloutDelayMs: 200, chartArchive });
if (chartArchive !== undefined) tellOfChart(sandbox, script, chartArchive);
trustAuthority(sandbox.authority);
const kastellan = await startKastellan(sandbox.environment, join(home, 'kastellan.log'), sandbox.clock);
let broken: unknown;
try {
  await walkTour(sandbox, script);
} catch (thrown) {
  broken = thrown;
}
await kastellan.stop();
await sandbox.close();
if (broken !== undefined) console.error(`\nThe tour broke off. Kastellan's log is in ${home}\n`, broken);
else await rm(home, { recursive: true });
console.log(`\n${script.held} proofs held, ${script.failed} failed`);
process.exit(broken === undefined && script.failed === 0 ? 0 : 1);
