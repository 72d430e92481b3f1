import type { AuditEntry } from '../../domain/audit/audit.ts';
import type { AuditSink, SinkPosition, SinkPositions } from '../../ports/audit-sinks.ts';
import type { Finding } from '../../ports/finding.ts';
import type { AuditLog } from '../../ports/stores.ts';
import type { World } from '../../ports/world.ts';

const BATCH = 100;
const LATE_AFTER_SECONDS = 300;

export type DeliverWorld = Pick<World, 'audit' | 'leases' | 'clock' | 'log'> & {
  readonly positions: SinkPositions;
};

/**
 * Sends a sink everything that it has not taken, in order; one process at a time does. Where it is, is stored once it has
 * taken a batch, so after a crash it gets that batch again.
 * @throws KastellanError what the sink throws, `redis.*`, `lease.lost`
 */
export async function deliverLog(world: DeliverWorld, sink: AuditSink, signal: AbortSignal): Promise<void> {
  const lease = await world.leases.acquire(`audit-sink:${sink.name}`, 'audit-sink');
  if (lease === undefined) return;
  const stop = AbortSignal.any([signal, lease.signal]);
  try {
    for (;;) {
      const entries = await undelivered(world, sink.name, BATCH);
      const last = entries.at(-1);
      if (last === undefined) return;
      await sink.send(entries, stop);
      stop.throwIfAborted();
      await world.positions.save(sink.name, last);
    }
  } finally {
    await lease.release();
  }
}

// A position that is not in the log was written by hand: from the first entry on nothing can be missed.
async function undelivered(
  { audit, positions, log }: Pick<DeliverWorld, 'audit' | 'positions' | 'log'>,
  sink: string,
  limit: number,
): Promise<AuditEntry[]> {
  const position = await positions.find(sink);
  if (position === undefined || (await isIn(audit, position)))
    return audit.after(position?.sequence ?? 0, limit);
  log.error({ sink, sequence: position.sequence }, 'The audit log was changed or set back: it is sent anew');
  return audit.after(0, limit);
}

async function isIn(audit: AuditLog, { sequence, hash }: SinkPosition): Promise<boolean> {
  return (await audit.find(sequence))?.hash === hash;
}

/** How late each sink is: seconds since the oldest entry that it has not taken; 0 if it has all. */
export async function readSinkLags(
  world: Pick<DeliverWorld, 'audit' | 'positions' | 'clock' | 'log'>,
  sinks: readonly AuditSink[],
): Promise<{ sink: string; seconds: number }[]> {
  return Promise.all(
    sinks.map(async ({ name }) => {
      const [oldest] = await undelivered(world, name, 1);
      const ms = oldest === undefined ? 0 : world.clock.now().getTime() - Date.parse(oldest.at);
      return { sink: name, seconds: Math.max(0, ms) / 1_000 };
    }),
  );
}

/** Whether each sink gets the log in time. */
export async function sinkFindings(
  world: Parameters<typeof readSinkLags>[0],
  sinks: readonly AuditSink[],
): Promise<Finding[]> {
  const lags = await readSinkLags(world, sinks);
  return lags.map(({ sink, seconds }): Finding => {
    const subject = `Audit sink ${sink}`;
    if (seconds < LATE_AFTER_SECONDS) return { subject, verdict: 'good', detail: 'gets the log' };
    const detail = `has not taken entries for ${Math.round(seconds / 60)} minutes`;
    const fix = 'Look at the receiver, and at the log of the process with the role scheduler.';
    return { subject, verdict: 'bad', detail, fix };
  });
}
