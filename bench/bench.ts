import { fileURLToPath } from 'node:url';
import { measureAccess } from './access/rows.ts';
import { measureAcknowledging } from './acknowledge/rows.ts';
import { measureExpiry } from './expiry/rows.ts';
import { measureFlood } from './flood/rows.ts';
import { measureHistory } from './history/rows.ts';
import { measureIdle } from './idle/rows.ts';
import { conditions, keep, type Measured, table } from './report.ts';
import { measureRights } from './rights/rows.ts';
import { measureSetup } from './setup/rows.ts';

const FOLDER = fileURLToPath(new URL('../.cache/bench/', import.meta.url));

const GROUPS: Readonly<Record<string, (quick: boolean) => Promise<Measured>>> = {
  acknowledge: measureAcknowledging,
  setup: measureSetup,
  rights: measureRights,
  access: measureAccess,
  idle: measureIdle,
  expiry: measureExpiry,
  flood: measureFlood,
  history: measureHistory,
};

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const named = words.filter((word) => word !== '--quick');
const unknown = named.filter((word) => !(word in GROUPS));
if (unknown.length > 0) {
  console.error(
    `Unknown: ${unknown.join(', ')}. Usage: bench [--quick] [${Object.keys(GROUPS).join('] [')}]`,
  );
  process.exit(2);
}

const measured: Record<string, Measured> = {};
for (const [name, measure] of Object.entries(GROUPS)) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.error(`measuring ${name} ...`);
  measured[name] = await measure(quick);
}
const run = { conditions: conditions(quick), measured };
const rows = Object.values(measured).flatMap((group) => group.rows);
console.log(`${table(rows)}\n`);
console.log(JSON.stringify({ conditions: run.conditions, rows }, undefined, 1));
console.log(`\nRaw samples: ${await keep(FOLDER, run)}`);
// A missed target is a finding to read, not a fault of the run.
process.exit(0);
