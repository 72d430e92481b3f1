/** A level of a cluster that lets a group in. */
export interface GroupUse {
  readonly cluster: string;
  readonly level: string;
}

/** Whether two uses are one. */
export function isSameUse(a: GroupUse, b: GroupUse): boolean {
  return a.cluster === b.cluster && a.level === b.level;
}

/** `admin on prod-us`: how plans name a use. */
export function useText({ level, cluster }: GroupUse): string {
  return `${level} on ${cluster}`;
}
