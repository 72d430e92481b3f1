/** The files of one volume, by path inside it. */
export type VolumeFiles = Record<string, Buffer>;

/** One volume of a pod with its content as it was when the pod started. */
export interface RunningVolume {
  name: string;
  /** Where it comes from; `other` for an emptyDir, a claim and the like, which are empty. */
  source: 'secret' | 'configMap' | 'projected' | 'other';
  /** The name of the Secret or ConfigMap, '' for other sources. */
  sourceName: string;
  files: VolumeFiles;
}

export interface RunningContainer {
  name: string;
  image: string;
  command: string[];
  args: string[];
  /** All variables, with references to Secrets, ConfigMaps and fields resolved. */
  environment: Record<string, string>;
  /** Which volume is mounted at which path. */
  mounts: { path: string; volume: string; subPath: string }[];
  /** Container ports by name; unnamed ones by their number. */
  ports: Record<string, number>;
}

/** A pod whose volumes and variables are there and whose containers start now. */
export interface RunningPod {
  namespace: string;
  name: string;
  uid: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** The Deployment it belongs to, '' for none. */
  deployment: string;
  serviceAccount: string;
  /** A bearer token of its service account. */
  token: string;
  containers: RunningContainer[];
  /** By name. */
  volumes: Record<string, RunningVolume>;
  /** The file at an absolute path in a container (the first one if none is named), or undefined. */
  readFile(path: string, container?: string): Buffer | undefined;
  /** Writes a line into a container's log (the first one's if none is named). */
  log(line: string, container?: string): void;
  /** From now on the pod counts as ready. */
  ready(): void;
  /** The pod runs but its readiness probe fails. */
  unready(reason: string): void;
  /** The containers have ended with an error; they are started again after a while. */
  crash(reason: string, lastLogLines?: readonly string[]): void;
}

/** What plays a pod's containers once they run. */
export interface PodHandle {
  /** The pod is being deleted or has crashed; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/**
 * A program that plays containers. `start` gives undefined for a pod it does not know: if nobody knows it, it simply
 * becomes ready. A pod somebody plays is ready only when `pod.ready()` has been called; a rejection counts as a crash.
 */
export interface PodRuntime {
  start(pod: RunningPod): Promise<PodHandle | undefined>;
}
