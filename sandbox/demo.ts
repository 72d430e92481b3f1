import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CAST } from './cast.ts';
import { RestartOnChange } from './demo/restart-on-change.ts';
import { setUpLongAgo } from './demo/set-up-long-ago.ts';
import { followTyped } from './demo/time-knob.ts';
import { startKastellan } from './kastellan.ts';
import { startSandbox } from './world.ts';

const HOME = fileURLToPath(new URL('../.demo/', import.meta.url));
const SOURCES = fileURLToPath(new URL('../src/', import.meta.url));
const PORT = 3777;
const restarts = process.argv.includes('--restart-on-change');

// Each demo begins with a bare K10 in an empty tenant, so nothing of an earlier one may be left.
await rm(HOME, { recursive: true, force: true });
console.log('Starting Slack, Entra, four clusters with a bare K10 each, and Kastellan ...');
const sandbox = await startSandbox({
  home: HOME,
  slackPort: PORT,
  clusters: ['prod-eu', 'staging', 'prod-us', 'lab'],
  // As slow as the real ones feel, so that there is something to watch.
  secretAcceptedAfterMs: 6_000,
  rolloutDelayMs: 1_500,
});
const log = join(HOME, 'kastellan.log');
const start = () => startKastellan(sandbox.environment, log, sandbox.clock);
const kastellan = await (restarts ? startRestarting() : start());
console.log('Setting up staging, whose client secret is about to end ...');
await setUpLongAgo(sandbox, 'staging');

const { asker, approver, secondApprover, outsider, onCall } = CAST;
console.log(`
Open  ${sandbox.slack.url}?as=${asker.slackId}

You are ${asker.name}. In #general, type   /kasten setup prod-eu   and fill in the form.
Then choose another person at the left to decide in #kasten-approvals:
  ${approver.name} and ${secondApprover.name} may approve, ${outsider.name} may not, and nobody approves their own request.
At the end follow "Sign in to Kasten" and sign in to Entra:
  account ${asker.email}   password ${asker.password}   (the code is shown where a phone would show it)
Then hand out access for some minutes: as ${outsider.name}, type   /kasten access admin prod-eu 3m trying it out   and let ${approver.name}
approve it. ${outsider.name} signs in to Kasten with ${outsider.email} and ${outsider.password}, and three minutes later no more.
When nobody is there to approve: as ${onCall.name}, who is on call, type   /kasten break-glass staging nobody else is awake
The card in #kasten-approvals has the approvers look at it afterwards; ${approver.name} also takes it back:   /kasten revoke @${onCall.handle} a test
Two more clusters are set up in one request: as ${asker.name}, type   /kasten setup prod-us lab   or   /kasten setup all
The app's home tab, at the left under Apps, shows each person what they have and what waits for them.
The client secret of staging ends in ten days: #kasten-notices says so, and from there it is rotated.
Time moves on when you type how far, here, and press Enter: 4d or 12h. Read #kasten-notices then.
Your browser will warn of two certificates of this sandbox; it trusts nobody outside of it.

K10 before anybody set it up:  ${sandbox.dashboard.url}
Kastellan's log:               ${log}
Stop with Ctrl+C.
`);

/** Its end is nothing to report: a change is awaited. */
async function startRestarting() {
  const restarting = new RestartOnChange(SOURCES, start, (line) => console.log(line));
  await restarting.settled();
  return { ended: new Promise<never>(() => undefined), stop: () => restarting.stop() };
}

followTyped(sandbox.clock, process.stdin, (line) => console.log(line));
const stopped = new Promise<void>((resolve) => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
});
const reason = await Promise.race([
  stopped.then(() => undefined),
  kastellan.ended.then((code) => ({ code })),
]);
if (reason === undefined) await kastellan.stop().catch((thrown: Error) => console.error(thrown.message));
else console.error(`Kastellan ended by itself (${reason.code}); its log tells why: ${log}`);
await sandbox.close();
process.exit(reason === undefined ? 0 : 1);
