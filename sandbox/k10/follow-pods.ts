import type { PodHandle, PodRuntime, RunningPod } from '../kubernetes/pod-runtime.ts';
import type { Follower, FollowOptions } from './follower.ts';

/** Plays the pods of auth-svc: the sign-in service runs as long as one of them does. */
export function followPods(options: FollowOptions): Follower & { runtime: PodRuntime } {
  const isOurs = (pod: RunningPod) => pod.namespace === options.namespace && pod.deployment === 'auth-svc';
  return {
    runtime: {
      start: async (pod) => (isOurs(pod) ? await play(options, pod) : undefined),
    },
    stop: async () => options.changed(undefined),
  };
}

async function play({ start, changed }: FollowOptions, pod: RunningPod): Promise<PodHandle> {
  const around = {
    readFile: (path: string) => pod.readFile(path),
    environment: pod.containers[0]?.environment ?? {},
    log: (line: string) => pod.log(line),
  };
  let running = false;
  try {
    changed(await start(around));
    running = true;
    pod.ready();
  } catch {
    // The reason is in the log already.
    pod.crash('Error');
  }
  return {
    stop: async () => {
      if (running) changed(undefined);
    },
  };
}
