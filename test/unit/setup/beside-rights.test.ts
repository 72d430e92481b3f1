import { describe, expect, it } from '@jest/globals';
import { KastellanError, LATER } from '../../../src/domain/errors.ts';
import { besideRights } from '../../../src/workflows/setup/rights.ts';

const FORBIDDEN = new KastellanError({
  code: 'kubernetes.forbidden',
  message: 'Kastellan lacks the right to list deployments.apps.',
});
const AWAY = new KastellanError({
  code: 'kubernetes.unreachable',
  message: 'The cluster does not answer.',
  retry: LATER,
});

const FOR_GOOD = new KastellanError({ code: 'kubernetes.refused', message: 'There is no such API.' });

function systemsWhoseReview(review: () => Promise<never>) {
  return {
    cluster: { reviewRights: review, findReleaseManager: async () => undefined },
    releases: { manifest: async () => [], reviewRights: review },
  };
}

describe('an observation that was refused for want of a right', () => {
  it('is made again if the other rights could not be asked about just then', async () => {
    const systems = systemsWhoseReview(() => Promise.reject(AWAY));
    await expect(besideRights(systems, Promise.reject(FORBIDDEN))).rejects.toBe(AWAY);
  });

  it('is told by itself if asking about the others is refused for good', async () => {
    const systems = systemsWhoseReview(() => Promise.reject(FOR_GOOD));
    await expect(besideRights(systems, Promise.reject(FORBIDDEN))).rejects.toBe(FORBIDDEN);
  });
});
