import { runDoctor } from './app/doctor.ts';
import { openTracer } from './app/open-instruments.ts';
import { startKastellan } from './app/start.ts';
import { loadSettings, type Settings } from './config/load.ts';
import { asKastellanError } from './domain/errors.ts';
import { Secret } from './domain/secret.ts';
import { readBuild } from './ops/build.ts';
import { createLog } from './ops/log.ts';
import { noTracer } from './ops/tracer.ts';
import type { Log } from './ports/telemetry.ts';

const STOP_WITHIN_MS = 25_000;
const USAGE = 'Usage: kastellan [doctor]\n';

/** Starts Kastellan, or runs the one command that is named; an error is a sentence, never a stack trace. */
async function main(words: readonly string[]): Promise<number> {
  if (words.length > 1 || (words[0] !== undefined && words[0] !== 'doctor')) {
    process.stderr.write(USAGE);
    return 2;
  }
  const settings = await loadSettings(process.env);
  const secrets = secretsOf(settings);
  if (words[0] === 'doctor')
    return runDoctor(settings, createLog({ level: 'error', secrets }), process.stdout);
  let tracer = noTracer;
  const level = settings.environment.KASTELLAN_LOG_LEVEL;
  const log = createLog({ level, secrets, traceId: () => tracer.traceId() });
  const build = readBuild(settings.environment.KASTELLAN_COMMIT);
  log.info({ ...build }, 'Kastellan starts');
  tracer = await openTracer(settings.environment, build, log);
  // Heard from the first moment on: one that comes while starting is obeyed as soon as everything can be ended in order.
  // And to the last: execa, which ends Helm with this process, ends both at once where nobody else listens any more.
  const signal = new Promise<undefined>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => resolve(undefined));
  });
  // An error that no code handled is a fault of ours; a process in an unknown state must not go on deciding.
  const fault = new Promise<unknown>((resolve) => {
    for (const name of ['unhandledRejection', 'uncaughtException'] as const) process.on(name, resolve);
  });
  const kastellan = await startKastellan(settings, { build, tracer, log });
  const reason = await Promise.race([signal, kastellan.died, fault]);
  await endWell(kastellan.stop(STOP_WITHIN_MS), log);
  if (reason === undefined) return 0;
  log.error({}, 'Kastellan had to stop', reason);
  return 1;
}

// Whatever a library may quote in an error, these values are cut out of the log.
function secretsOf({ environment }: Settings): string[] {
  return Object.values(environment)
    .flat()
    .flatMap((value) => (value instanceof Secret ? [value.reveal()] : []));
}

async function endWell(stopping: Promise<void>, log: Log): Promise<void> {
  log.info({}, 'Kastellan is stopping');
  await stopping.catch((thrown: unknown) =>
    log.warn({ problem: asKastellanError(thrown).message }, 'not everything ended well'),
  );
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const { message, hint, code } = asKastellanError(thrown);
  process.stderr.write(`${message}\n${hint === undefined ? '' : `${hint}\n`}(${code})\n`);
  process.exitCode = 1;
}
// Open sockets of libraries must not keep a process alive that has said good-bye.
process.exit();
