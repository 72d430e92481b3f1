import { openSync, readSync } from 'node:fs';

/**
 * Loaded into Kastellan's process before its own code, by `node --import`, so that a sandbox can move its time: `Date`
 * runs ahead of the machine's clock by the offset in the file of `SandboxClock` that this module's own address names.
 *
 * Timers and `performance.now()` stay as they are: they measure spans, and nobody lives through a jump.
 */
const file = openSync(new URL(import.meta.url).searchParams.get('file') ?? '', 'r');
const offsetMs = new Float64Array(1);
const machineNow = Date.now;

Date.now = () => {
  readSync(file, offsetMs, 0, 8, 0);
  return machineNow() + (offsetMs[0] ?? 0);
};
const MovedDate: DateConstructor = new Proxy(Date, {
  construct: (date, given, as) =>
    Reflect.construct(date, given.length === 0 ? [Date.now()] : given, as === MovedDate ? date : as),
  apply: () => new MovedDate().toString(),
});
globalThis.Date = MovedDate;
// Else `new Date().constructor === Date` would not hold any more.
MovedDate.prototype.constructor = MovedDate;
