import { isEnough, isShort, shareText } from '../../domain/status/memory.ts';
import type { Finding } from '../../ports/finding.ts';
import type { StoreMemory } from '../../ports/store-memory.ts';
import type { World } from '../../ports/world.ts';

type Ports = Pick<World, 'rules' | 'notifier' | 'clock' | 'log'>;

const FIX =
  'Give Redis more memory (maxmemory), or keep less (history.keep): docs/operations.md, "What Redis keeps".';

/** Tells operators, once over all processes, that the memory of the store is short; again after it was enough in between. */
export async function watchMemory(world: Ports, memory: StoreMemory): Promise<void> {
  const { usedBytes = 0, limitBytes } = (await memory.read()) ?? {};
  if (limitBytes === undefined) return;
  if (isEnough(usedBytes, limitBytes)) return memory.noteEnough();
  if (!isShort(usedBytes, limitBytes)) return;
  const since = await memory.noteShort(world.clock.now().toISOString());
  world.log.warn({ usedBytes, limitBytes, since }, 'Redis is short of memory');
  for (const operator of world.rules.operators)
    await world.notifier.tell(operator, `memory-short-${since}`, { memory: { usedBytes, limitBytes } });
}

/** How much of its memory the store uses. */
export async function memoryFindings(memory: StoreMemory): Promise<Finding[]> {
  const subject = 'Redis memory';
  const use = await memory.read();
  if (use === undefined)
    return [{ subject, verdict: 'unknown', detail: 'Redis does not tell how much it uses', fix: FIX }];
  const { usedBytes, limitBytes } = use;
  if (limitBytes === undefined) {
    const detail = 'no limit is set: Redis is ended by the system when the machine has no more';
    return [{ subject, verdict: 'optional', detail, fix: 'Set maxmemory, so that it is told before.' }];
  }
  const detail = shareText(usedBytes, limitBytes);
  return [
    {
      subject,
      detail,
      ...(isShort(usedBytes, limitBytes) ? { verdict: 'bad', fix: FIX } : { verdict: 'good' }),
    },
  ];
}
