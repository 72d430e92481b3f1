import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CoreV1Api } from '@kubernetes/client-node';
import { listAt, numberAt, stringAt } from '../../sandbox/kubernetes/json.ts';
import type { KubeObject } from '../../sandbox/kubernetes/objects.ts';
import type { RunningPod } from '../../sandbox/kubernetes/pod-runtime.ts';
import { eventually, startTestCluster, type TestCluster } from './sandbox-kubernetes-support.ts';

const isReady = (pod: KubeObject) =>
  listAt(pod, 'status', 'conditions').some(
    (condition) => stringAt(condition, 'type') === 'Ready' && stringAt(condition, 'status') === 'True',
  );

describe('a program that plays the containers of a pod', () => {
  let cluster: TestCluster;
  let starts: RunningPod[];
  let stopped: string[];
  let onStart: (pod: RunningPod) => void;

  beforeEach(async () => {
    starts = [];
    stopped = [];
    onStart = (pod) => pod.ready();
    cluster = await startTestCluster(4);
    cluster.sandbox.runtimes.push({
      start: async (pod) => {
        if (pod.deployment !== 'gateway') return undefined;
        starts.push(pod);
        onStart(pod);
        return { stop: async () => void stopped.push(pod.name) };
      },
    });
  });
  afterEach(() => cluster.close());

  it('sees the mounted Secret and the environment, and its log can be read', async () => {
    onStart = (pod) => {
      pod.log('the gate is open');
      pod.ready();
    };
    await cluster.helm(['install', 'castle', './chart']);
    const pod = await eventually(cluster.sandbox, 'pods', isReady);
    const [seen] = starts;
    expect(seen?.readFile('/var/run/auth/color')?.toString()).toBe('red');
    expect(seen?.containers[0]?.environment).toMatchObject({ COLOR: 'red' });
    const core = cluster.config().makeApiClient(CoreV1Api);
    const log = await core.readNamespacedPodLog({ namespace: 'castle', name: pod.metadata.name });
    expect(log).toBe('the gate is open\n');
  });

  it('crashes, shows its last words as the previous log, and is started again', async () => {
    onStart = (pod) => {
      if (starts.length === 1) pod.crash('exit 1', ['x509: certificate signed by unknown authority']);
      else pod.ready();
    };
    await cluster.helm(['install', 'castle', './chart']);
    const crashed = await eventually(
      cluster.sandbox,
      'pods',
      (pod) =>
        stringAt(pod, 'status', 'containerStatuses', 0, 'state', 'waiting', 'reason') === 'CrashLoopBackOff',
    );
    expect(numberAt(0, crashed, 'status', 'containerStatuses', 0, 'restartCount')).toBe(1);
    const pod = await eventually(cluster.sandbox, 'pods', isReady);
    const core = cluster.config().makeApiClient(CoreV1Api);
    const where = { namespace: 'castle', name: pod.metadata.name, previous: true };
    expect(await core.readNamespacedPodLog(where)).toContain('unknown authority');
  });

  it('is stopped before its successor starts when the strategy is Recreate', async () => {
    await cluster.helm(['install', 'castle', './chart']);
    const first = await eventually(cluster.sandbox, 'pods', isReady);
    const order: string[] = [];
    onStart = (pod) => {
      order.push(`stopped ${stopped.length}`, `started ${starts.length}`);
      pod.ready();
    };
    await cluster.helm(['upgrade', 'castle', './chart', '--set', 'color=blue', '--wait', '--timeout', '20s']);
    expect(stopped).toEqual([first.metadata.name]);
    expect(order).toEqual(['stopped 1', 'started 2']);
    expect(starts[1]?.readFile('/var/run/auth/color')?.toString()).toBe('blue');
  });

  it('starts as soon as the Secret it waits for is made', async () => {
    await cluster.helm(['install', 'castle', './chart', '--set', 'mountedSecret=late']);
    await eventually(
      cluster.sandbox,
      'events',
      (event) => event['message'] === 'MountVolume.SetUp failed for volume "auth" : secret "late" not found',
    );
    expect(starts).toEqual([]);
    cluster.sandbox.create('secrets', {
      metadata: { name: 'late', namespace: 'castle' },
      stringData: { word: 'friend' },
    });
    await eventually(cluster.sandbox, 'pods', isReady);
    expect(starts[0]?.readFile('/var/run/auth/word')?.toString()).toBe('friend');
  });
});
