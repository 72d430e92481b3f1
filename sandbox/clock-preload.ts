/**
 * Loaded into Kastellan's process before its own code, by `node --import`, so that a sandbox can move its time: `Date`
 * runs ahead of the machine's clock by an offset. It begins with the one in this module's own address and follows every
 * message `{ clockOffsetMs }` from the process that started it, which gets the same back once it counts.
 *
 * Timers and `performance.now()` stay as they are: they measure spans, and nobody lives through a jump.
 */
export interface ClockMessage {
  readonly clockOffsetMs: number;
}

let offsetMs = Number(new URL(import.meta.url).searchParams.get('offsetMs') ?? 0);
const machineNow = Date.now;

Date.now = () => machineNow() + offsetMs;
const MovedDate: DateConstructor = new Proxy(Date, {
  construct: (date, given, as) =>
    Reflect.construct(date, given.length === 0 ? [Date.now()] : given, as === MovedDate ? date : as),
  apply: () => new MovedDate().toString(),
});
globalThis.Date = MovedDate;
// Else `new Date().constructor === Date` would not hold any more.
MovedDate.prototype.constructor = MovedDate;

process.on('message', (message: Partial<ClockMessage>) => {
  if (typeof message.clockOffsetMs !== 'number') return;
  offsetMs = message.clockOffsetMs;
  process.send?.({ clockOffsetMs: offsetMs } satisfies ClockMessage);
});
// Listening must not keep a process alive that has nothing else to do.
process.channel?.unref();
