import type { Lane } from './lane.ts';

/** A request that was carried out but not proved: what people roll back. */
export async function unproved(lane: Lane, ask: (lane: Lane) => Promise<string>): Promise<string> {
  const mends = lane.sandbox.clusters.map(({ kubernetes }) =>
    kubernetes.faults.add({
      match: { method: 'POST', path: '/subjectaccessreviews' },
      answer: { status: 403 },
    }),
  );
  const id = await ask(lane);
  await lane.press(id, 'request.approve');
  await lane.untilState(id, ['failed']);
  for (const mend of mends) mend();
  return id;
}

/** A set-up that was carried out but not proved. */
export function failedSetUp(lane: Lane): Promise<string> {
  return unproved(lane, () => lane.ask());
}
