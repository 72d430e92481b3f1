import { parseArgs } from 'node:util';
import { catalogue, disturbances, isNamed, shortCatalogue } from './catalogue.ts';
import type { Try } from './fault.ts';
import { runTries, tableOf } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '2' },
    short: { type: 'boolean', default: false },
    disturbances: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '600' },
    only: { type: 'string', default: '' },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const seed = Number(values.seed);
const began = Date.now();
const tries = await triesOf(values).catch((thrown: unknown) => {
  say(thrown instanceof Error ? thrown.message : String(thrown));
  process.exit(2);
});
say(`${tries.length} tries, seed ${seed}`);
// Nothing that was tried is nothing that held.
if (tries.length === 0) {
  say(`No try is called "${values.only}".`);
  process.exit(2);
}
let done = 0;
const rows = await runTries(tries, {
  seed,
  lanes: Number(values.lanes),
  until: began + Number(values.minutes) * 60_000,
  say: (line) => {
    done += 1;
    say(`${String(done).padStart(4)}/${tries.length} ${line}`);
  },
});
say(`\n${tableOf(rows)}\n`);
const broken = rows.flatMap(({ fault, broken }) => broken.map((line) => `${fault}: ${line}`));
for (const line of broken) say(line);
const minutes = ((Date.now() - began) / 60_000).toFixed(1);
say(
  `${broken.length === 0 ? 'Every promise held' : 'Promises were broken'}; seed ${seed}, ${minutes} minutes.`,
);
process.exit(broken.length === 0 ? 0 : 1);

async function triesOf({ disturbances: alone, short, only }: typeof values): Promise<Try[]> {
  if (alone) return disturbances().filter((one) => isNamed(one, only));
  if (short) return shortCatalogue(seed).filter((one) => isNamed(one, only));
  return catalogue(seed, only);
}
