/** The newest entry of the audit log at a time, kept where Redis cannot rewrite it. */
export interface Anchor {
  readonly sequence: number;
  readonly hash: string;
  /** ISO time at which it was the newest. */
  readonly at: string;
}

export interface AnchorOf extends Anchor {
  /** Who keeps it: `ConfigMap kastellan/kastellan-audit`. */
  readonly by: string;
}

/** What one place knows of the log; see `AnchorPlace`. */
export interface AnchorReport {
  readonly by: string;
  /** The oldest and the newest anchor. Absent: there is none yet, or they cannot be read. */
  readonly span?: { readonly from: Anchor; readonly to: Anchor };
  /** Why they cannot be read. */
  readonly unread?: string;
}

/** Compares entries, as they come, with what was anchored. */
export class AnchorComparison {
  readonly #anchors: Map<number, AnchorOf[]>;

  constructor(anchors: readonly AnchorOf[]) {
    this.#anchors = Map.groupBy(anchors, ({ sequence }) => sequence);
  }

  /** @returns what is wrong with the entry */
  problemOf({ sequence, hash }: { readonly sequence: number; readonly hash: string }): string | undefined {
    const other = this.#anchors.get(sequence)?.find((anchor) => anchor.hash !== hash);
    return other && `it is not the entry ${sequence} that was anchored ${placeOf(other)}`;
  }

  /** @returns what is missing behind the last entry */
  missingAfter(last: number): string | undefined {
    const beyond = [...this.#anchors.values()].flat().find(({ sequence }) => sequence > last);
    return (
      beyond &&
      `entry ${beyond.sequence} is missing, which was anchored ${placeOf(beyond)}: the newest entries were removed, or Redis was set back`
    );
  }
}

function placeOf({ by, at }: AnchorOf): string {
  return `by the ${by} on ${at.slice(0, 16).replace('T', ' ')} UTC`;
}
