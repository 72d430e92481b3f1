import { askForAccess, brokenOnceUndone, brokenUntilOver, failedAccess, plantGroup } from './access.ts';
import { brokenAfterSetUp, brokenAfterUndo } from './invariants.ts';
import { type Direction, failedSetUp } from './killing.ts';
import type { Lane } from './lane.ts';
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

/** Something that Kastellan does, as it is killed and looked at. */
export interface Work {
  readonly rows: Readonly<Record<Direction, string>>;
  /** Brings a request to where it is approved, or rolled back. */
  readonly begin: Readonly<Record<Direction, (lane: Lane) => Promise<string>>>;
  /** Looks at the world before the work; gives what does not hold once it is at its end. */
  readonly watch: Readonly<Record<Direction, (lane: Lane) => (requestId: string) => Promise<string[]>>>;
  /** What has to be there before it can be asked for. */
  prepare(lane: Lane): Promise<void>;
}

export const SET_UP: Work = {
  rows: { apply: 'kill -9 of the worker while applying', undo: 'kill -9 of the worker while undoing' },
  prepare: async () => undefined,
  begin: { apply: (lane) => lane.ask(), undo: failedSetUp },
  watch: {
    apply(lane) {
      const { revision } = releaseOf(lane.sandbox);
      return (requestId) => brokenAfterSetUp(lane, requestId, revision);
    },
    undo(lane) {
      const { values } = releaseOf(lane.sandbox);
      return (requestId) => brokenAfterUndo(lane, requestId, values);
    },
  },
};

export const ROTATION: Work = {
  rows: {
    apply: 'kill -9 of the worker while rotating',
    undo: 'kill -9 of the worker while undoing a rotation',
  },
  prepare: (lane) => lane.setUp(),
  begin: { apply: askForRotation, undo: failedRotation },
  watch: {
    apply(lane) {
      const before = lookBefore(lane);
      return (requestId) => rotationBroken(lane, requestId, before);
    },
    undo(lane) {
      const before = lookBefore(lane);
      return (requestId) => rotationNotUndone(lane, requestId, before);
    },
  },
};

export const ACCESS: Work = {
  rows: {
    apply: 'kill -9 of the worker while giving access',
    undo: 'kill -9 of the worker while undoing access',
  },
  prepare: async (lane) => void plantGroup(lane),
  begin: { apply: askForAccess, undo: failedAccess },
  watch: {
    apply: (lane) => (requestId) => brokenUntilOver(lane, requestId),
    undo: (lane) => (requestId) => brokenOnceUndone(lane, requestId),
  },
};

export const TEARDOWN: Work = {
  rows: {
    apply: 'kill -9 of the worker while tearing down',
    undo: 'kill -9 of the worker while undoing a tear-down',
  },
  prepare: inUse,
  begin: { apply: askForTeardown, undo: failedTeardown },
  watch: {
    apply(lane) {
      const before = lookBeforeTeardown(lane);
      return (requestId) => teardownBroken(lane, requestId, before);
    },
    undo(lane) {
      const before = lookBeforeTeardown(lane);
      return (requestId) => teardownNotUndone(lane, requestId, before);
    },
  },
};
