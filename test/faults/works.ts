import {
  askForAccess,
  brokenOnceOver,
  brokenOnceUndone,
  brokenUntilOver,
  failedAccess,
  givenAccess,
  keptAccess,
  plantGroup,
  revoke,
  untilOver,
} from './access.ts';
import {
  askForBatch,
  batchBroken,
  batchNotUndone,
  brokenOncePlanned,
  failedBatch,
  lookBeforeBatch,
  planBatch,
  rollBackBatch,
  submitBatch,
} from './batch.ts';
import { brokenAfterSetUp, brokenAfterUndo } from './invariants.ts';
import type { Lane } from './lane.ts';
import type { Stream } from './moments.ts';
import { askForRotation, failedRotation, lookBefore, rotationBroken, rotationNotUndone } from './rotation.ts';
import { releaseOf } from './seen.ts';
import {
  askForTeardown,
  failedTeardown,
  inUse,
  lookBeforeTeardown,
  teardownBroken,
  teardownNotUndone,
} from './teardown.ts';
import { failedSetUp } from './unproved.ts';

const HOUR_MS = 3_600_000;

/** Something that Kastellan does, as it is killed and looked at. */
export interface Work {
  /** Its row of the table. */
  readonly row: string;
  /** Where the worker is killed: at each moment that an undisturbed run shows there. */
  readonly streams: readonly Stream[];
  /** What has to be there before it can be asked for. */
  prepare(lane: Lane): Promise<void>;
  /** Looks at the world before the work; gives what does not hold once it is at its end. */
  look(lane: Lane): (requestId: string) => Promise<string[]>;
  /** Brings a request to where a worker can begin. */
  begin(lane: Lane): Promise<string>;
  /** Lets a worker begin; resolves once it is at its end. */
  carryOut(lane: Lane, requestId: string): Promise<unknown>;
}

export const SET_UP: Work = {
  row: 'kill -9 of the worker while applying',
  streams: ['entra', 'kubernetes', 'journal', 'request'],
  prepare: async () => undefined,
  look(lane) {
    const { revision } = releaseOf(lane.sandbox);
    return (requestId) => brokenAfterSetUp(lane, requestId, revision);
  },
  begin: (lane) => lane.ask(),
  carryOut: (lane, requestId) => lane.approve(requestId),
};

export const SET_UP_UNDONE: Work = {
  row: 'kill -9 of the worker while undoing',
  streams: ['entra', 'kubernetes', 'journal', 'request'],
  prepare: async () => undefined,
  look(lane) {
    const { values } = releaseOf(lane.sandbox);
    return (requestId) => brokenAfterUndo(lane, requestId, values);
  },
  begin: failedSetUp,
  carryOut: (lane, requestId) => lane.rollBack(requestId),
};

export const ROTATION: Work = {
  row: 'kill -9 of the worker while rotating',
  streams: ['entra', 'kubernetes', 'journal', 'request'],
  prepare: (lane) => lane.setUp(),
  look(lane) {
    const before = lookBefore(lane);
    return (requestId) => rotationBroken(lane, requestId, before);
  },
  begin: askForRotation,
  carryOut: (lane, requestId) => lane.approve(requestId),
};

export const ROTATION_UNDONE: Work = {
  row: 'kill -9 of the worker while undoing a rotation',
  streams: ['entra', 'kubernetes', 'journal', 'request'],
  prepare: (lane) => lane.setUp(),
  look(lane) {
    const before = lookBefore(lane);
    return (requestId) => rotationNotUndone(lane, requestId, before);
  },
  begin: failedRotation,
  carryOut: (lane, requestId) => lane.rollBack(requestId),
};

export const ACCESS: Work = {
  row: 'kill -9 of the worker while giving access',
  streams: ['entra', 'journal', 'request'],
  prepare: async (lane) => void plantGroup(lane),
  look: (lane) => (requestId) => brokenUntilOver(lane, requestId),
  begin: askForAccess,
  carryOut: (lane, requestId) => lane.approve(requestId),
};

export const ACCESS_UNDONE: Work = {
  row: 'kill -9 of the worker while undoing access',
  streams: ['entra', 'journal', 'request'],
  prepare: async (lane) => void plantGroup(lane),
  look: (lane) => (requestId) => brokenOnceUndone(lane, requestId),
  begin: failedAccess,
  carryOut: (lane, requestId) => lane.rollBack(requestId),
};

export const ACCESS_REVOKED: Work = {
  row: 'kill -9 of the worker while revoking access by hand',
  streams: ['entra', 'journal', 'request'],
  prepare: async (lane) => void plantGroup(lane),
  look: (lane) => (requestId) => brokenOnceOver(lane, requestId),
  begin: givenAccess,
  async carryOut(lane, requestId) {
    await revoke(lane);
    await untilOver(lane, requestId);
  },
};

export const ACCESS_EXPIRED: Work = {
  row: 'kill -9 of the worker while revoking access at its end',
  streams: ['entra', 'journal', 'request'],
  prepare: async (lane) => void plantGroup(lane),
  look: (lane) => (requestId) => brokenOnceOver(lane, requestId),
  begin: givenAccess,
  async carryOut(lane, requestId) {
    lane.sandbox.clock.moveOn(HOUR_MS);
    await untilOver(lane, requestId);
  },
};

const ACCESS_KEPT: Work = {
  ...ACCESS_REVOKED,
  row: 'kill -9 of the worker while ending access that was there before',
  streams: ['journal'],
  look: (lane) => (requestId) => brokenOnceOver(lane, requestId, 'kept-from-before'),
  begin: keptAccess,
};

export const TEARDOWN: Work = {
  row: 'kill -9 of the worker while tearing down',
  streams: ['entra', 'kubernetes', 'journal', 'request'],
  prepare: inUse,
  look(lane) {
    const before = lookBeforeTeardown(lane);
    return (requestId) => teardownBroken(lane, requestId, before);
  },
  begin: askForTeardown,
  carryOut: (lane, requestId) => lane.approve(requestId),
};

export const TEARDOWN_UNDONE: Work = {
  row: 'kill -9 of the worker while undoing a tear-down',
  streams: ['entra', 'kubernetes', 'journal', 'request'],
  prepare: inUse,
  look(lane) {
    const before = lookBeforeTeardown(lane);
    return (requestId) => teardownNotUndone(lane, requestId, before);
  },
  begin: failedTeardown,
  carryOut: (lane, requestId) => lane.rollBack(requestId),
};

export const BATCH_PLANNED: Work = {
  row: 'kill -9 of the worker while planning several clusters',
  streams: ['request'],
  prepare: async () => undefined,
  look(lane) {
    const before = lookBeforeBatch(lane);
    return (requestId) => brokenOncePlanned(lane, requestId, before);
  },
  begin: submitBatch,
  carryOut: planBatch,
};

// What is done on each cluster is killed at every moment as a set-up of its own.
export const BATCH: Work = {
  row: 'kill -9 of the worker while setting up several clusters',
  streams: ['entra', 'request'],
  prepare: async () => undefined,
  look(lane) {
    const before = lookBeforeBatch(lane);
    return (requestId) => batchBroken(lane, requestId, before);
  },
  begin: askForBatch,
  carryOut: (lane, requestId) => lane.approve(requestId),
};

const BATCH_UNDONE: Work = {
  row: 'kill -9 of the worker while undoing several clusters',
  streams: ['entra', 'request'],
  prepare: async () => undefined,
  look(lane) {
    const before = lookBeforeBatch(lane);
    return (requestId) => batchNotUndone(lane, requestId, before);
  },
  begin: failedBatch,
  carryOut: rollBackBatch,
};

/** All of which every moment is tried. */
export const WORKS: readonly Work[] = [
  SET_UP,
  SET_UP_UNDONE,
  ROTATION,
  ROTATION_UNDONE,
  ACCESS,
  ACCESS_UNDONE,
  ACCESS_REVOKED,
  ACCESS_EXPIRED,
  ACCESS_KEPT,
  TEARDOWN,
  TEARDOWN_UNDONE,
  BATCH_PLANNED,
  BATCH,
  BATCH_UNDONE,
];
