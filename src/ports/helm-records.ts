/** A revision by the labels of its record. */
export interface RecordedRevision {
  readonly revision: number;
  /** Helm's word: `deployed`, `superseded`, `failed`, `pending-upgrade`, ... */
  readonly status: string;
}

/**
 * The Secrets in which Helm keeps a release, one for each revision.
 *
 * Every method raises `kubernetes.unreachable`, `.busy`, `.unexpected-answer`, `.unauthorized` or `.forbidden`.
 * @see https://helm.sh/docs/topics/advanced/#storage-backends
 */
export interface HelmRecords {
  /** The revisions that Helm still keeps, the newest first; their records themselves, which are large, are not sent. */
  list(): Promise<RecordedRevision[]>;
  /** A revision as Helm packed it; undefined where Helm keeps it no more. */
  read(revision: number): Promise<string | undefined>;
  /**
   * Deletes the record of a revision that is pending; one that is gone is no error. The check and the deletion are one step
   * (by resource version): a revision that ends in between stays.
   * @throws KastellanError `kubernetes.record-not-pending`, `kubernetes.conflict`
   */
  deletePending(revision: number): Promise<void>;
}
