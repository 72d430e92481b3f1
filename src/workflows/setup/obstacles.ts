import { KastellanError } from '../../domain/errors.ts';
import type { Obstacle } from '../../domain/setup/setup.ts';

/** Raises everything that stands in the way, as one error. */
export function requireNoObstacle(obstacles: readonly Obstacle[]): void {
  const [first] = obstacles;
  if (first === undefined) return;
  const messages = [...new Set(obstacles.map(({ message }) => message))];
  const hints = [...new Set(obstacles.flatMap(({ hint }) => hint ?? []))];
  const details = [...new Set(obstacles.flatMap((obstacle) => obstacle.details ?? []))].join('---\n');
  throw new KastellanError({
    code: first.code,
    message: messages.join(' '),
    hint: hints.join(' '),
    ...(details !== '' && { details }),
  });
}
