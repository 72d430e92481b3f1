import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { RenderedObject } from '../../../src/domain/setup/manifest.ts';
import {
  asPlanned,
  generatedNotes,
  objectKey,
  otherChanges,
  otherChangesObstacle,
} from '../../../src/domain/setup/other-changes.ts';

function object(kind: string, name: string, body: JsonObject): RenderedObject {
  const place = kind.startsWith('Cluster') ? {} : { namespace: 'kasten-io' };
  return { apiVersion: 'v1', kind, ...place, name, body: { apiVersion: 'v1', kind, ...body } };
}

const config = (data: JsonObject): RenderedObject => object('ConfigMap', 'k10-config', { data });
const secret = (stringData: JsonObject): RenderedObject => object('Secret', 'keys', { stringData });

function changes(
  { installed, now, again = now, wanted = now }: Partial<Record<Side, RenderedObject[]>>,
  live: readonly (readonly [RenderedObject, JsonObject | 'missing'])[] = [],
  secrets: string[] = [],
) {
  const held = new Map(live.map(([of, body]) => [objectKey(of), body]));
  const repeated = [now ?? [], again ?? []] as const;
  return otherChanges(
    { installed: installed ?? [], now: now ?? [], repeated, wanted: wanted ?? [] },
    held,
    secrets,
  );
}
type Side = 'installed' | 'now' | 'again' | 'wanted';

describe('what an upgrade changes that is no part of the sign-in', () => {
  it('is what the chart makes of the values of now otherwise than it stands in the release', () => {
    const found = changes({
      installed: [config({ loglevel: 'debug', limiter: '1000710000' })],
      now: [config({ loglevel: 'info', limiter: '1.00071e+09' })],
    });
    expect(asPlanned(found)).toEqual([
      {
        id: 'object:ConfigMap/kasten-io/k10-config',
        sign: '~',
        system: 'helm',
        summary: 'ConfigMap kasten-io/k10-config: not part of the sign-in',
        differences: [
          { path: 'data.limiter', before: '"1000710000"', after: '"1.00071e+09"' },
          { path: 'data.loglevel', before: '"debug"', after: '"info"' },
        ],
      },
    ]);
    expect(otherChangesObstacle(found)).toMatchObject({
      code: 'helm.other-changes',
      message: expect.stringContaining('data.loglevel: "debug" -> "info"'),
    });
  });

  it('is not what differs with the values wanted alone', () => {
    const now = [config({ sum: 'of the old secret' }), object('Secret', 'k10-token-auth', {})];
    const wanted = [config({ sum: 'of the new secret' }), secret({ 'client-id': 'new' })];
    expect(changes({ installed: now, now, wanted })).toEqual([]);
  });

  it('is marked where the chart makes it anew at every upgrade, and never says what', () => {
    const sides = {
      installed: [secret({ key: 'one', mode: 'a' })],
      now: [secret({ key: 'two', mode: 'b' })],
      again: [secret({ key: 'three', mode: 'b' })],
    };
    const found = changes(sides, [[secret({}), { kind: 'Secret', data: { key: 'b25l', mode: 'YQ==' } }]]);
    expect(found.map(({ generated, differences }) => [generated, differences])).toEqual([
      [false, [{ path: 'data.mode', before: '(secret)', after: '(secret)' }]],
      [true, [{ path: 'data.key', after: '(made anew by every upgrade)' }]],
    ]);
  });

  it('is no checksum by which pods restart: what they read is compared itself', () => {
    const pods = (checksum: string, image: string): RenderedObject =>
      object('Deployment', 'k10-grafana', {
        spec: {
          template: {
            metadata: { annotations: { 'checksum/secret': checksum } },
            spec: { containers: [{ name: 'grafana', image }] },
          },
        },
      });
    const found = changes({ installed: [pods('a', 'one')], now: [pods('b', 'one')] });
    expect(found.map(({ generated }) => generated)).toEqual([true]);
    expect(generatedNotes(found)).toEqual([
      'An upgrade makes these anew or restarts them, whatever it is for: Deployment kasten-io/k10-grafana.',
    ]);
    const edited = changes({ installed: [pods('a', 'one')], now: [pods('b', 'two')] });
    expect(edited.map(({ generated }) => generated)).toEqual([false, true]);
  });

  it('is an object that comes, goes, or was deleted by hand', () => {
    const gone = object('ConfigMap', 'gone', {});
    const kept = object('ConfigMap', 'kept', {
      metadata: { annotations: { 'helm.sh/resource-policy': 'keep' } },
    });
    const deleted = object('ConfigMap', 'deleted', {});
    const found = changes({ installed: [gone, kept, deleted], now: [config({}), deleted] }, [
      [deleted, 'missing'],
    ]);
    expect(found.map(({ object: { name }, sign }) => `${sign} ${name}`)).toEqual([
      '+ deleted',
      '- gone',
      '+ k10-config',
    ]);
  });

  describe('in the cluster', () => {
    const deployment = (spec: JsonObject): RenderedObject => object('Deployment', 'gateway', { spec });
    const pod = (container: JsonObject): JsonObject => ({
      template: { spec: { containers: [{ name: 'gateway', ...container }] } },
    });
    const edited = (made: RenderedObject, live: JsonObject): string[] =>
      changes({ installed: [made], now: [made] }, [[made, { kind: made.kind, ...live }]]).flatMap(
        ({ differences }) => differences.map(({ path, before }) => `${path}: ${before}`),
      );

    it('is a hand edit that Helm would overwrite', () => {
      const made = deployment({
        replicas: 1,
        ...pod({ image: 'a', env: [{ name: 'LEVEL', value: 'info' }] }),
      });
      const live = {
        spec: { replicas: 2, ...pod({ image: 'a', env: [{ name: 'LEVEL', value: 'debug' }] }) },
      };
      expect(edited(made, live)).toEqual([
        'spec.replicas: 2',
        'spec.template.spec.containers[gateway].env[LEVEL].value: "debug"',
      ]);
    });

    it('is a subject that was added to a binding, which Helm would take away', () => {
      const made = object('RoleBinding', 'k10', { subjects: [{ kind: 'Group', name: 'k10:admins' }] });
      const others = [
        { kind: 'Group', name: 'k10:admins', apiGroup: 'rbac.authorization.k8s.io' },
        { kind: 'User', name: 'x' },
      ];
      expect(edited(made, { subjects: others })).toEqual(['subjects.length: 2']);
    });

    it('is not what the cluster says in its own words, fills in, or others have added', () => {
      const resources = { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: 0.5 } };
      const made = deployment({
        paused: false,
        minReadySeconds: 0,
        ...pod({ resources, args: [], env: [{ name: 'EMPTY', value: '' }], securityContext: {}, tty: null }),
      });
      const live = {
        metadata: { uid: '1', annotations: { 'deployment.kubernetes.io/revision': '1' } },
        spec: {
          replicas: 1,
          template: {
            spec: {
              containers: [
                {
                  name: 'gateway',
                  terminationMessagePath: '/dev/termination-log',
                  resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
                  env: [{ name: 'EMPTY' }, { name: 'INJECTED', value: 'x' }],
                },
                { name: 'sidecar' },
              ],
            },
          },
        },
        status: { replicas: 1 },
      };
      expect(edited(made, live)).toEqual([]);
    });

    it('is not an item of a list that has lost its name beside others that have not', () => {
      const env = [
        { name: 'LEVEL', value: 'info' },
        { name: 'ZONE', value: 'a' },
      ];
      const made = deployment(pod({ env }));
      expect(edited(made, { spec: pod({ env: [{}, ...env] }) })).toEqual([]);
      expect(edited(made, { spec: pod({ env: [...env, { name: 'ZONE', value: 'b' }] }) })).toEqual([]);
    });

    it('compares a Secret by what it holds', () => {
      const made = object('Secret', 'keys', { stringData: { one: 'plain' }, data: { two: 'dHdv\n' } });
      expect(edited(made, { data: { one: 'cGxhaW4=', two: 'dHdv' } })).toEqual([]);
      expect(edited(made, { data: { one: 'b3RoZXI=', two: 'dHdv' } })).toEqual(['data.one: (secret)']);
    });
  });

  it('hides what is a secret by its name or its value, wherever it stands', () => {
    const made = (value: string): RenderedObject[] => [
      config({ dbPassword: value, url: `https://x?key=${value}` }),
    ];
    const found = changes(
      { installed: made('hunter2-old'), now: made('hunter2-new') },
      [],
      ['hunter2-old', 'hunter2-new'],
    );
    expect(JSON.stringify(found.map(({ differences }) => differences))).not.toContain('hunter2');
  });

  it('shows of a long text where it begins to differ', () => {
    const text = (end: string): string => `${'line\n'.repeat(500)}${end}${'rest\n'.repeat(500)}`;
    const [found] = changes({ installed: [config({ a: text('old') })], now: [config({ a: text('new') })] });
    const [difference] = found?.differences ?? [];
    expect(difference?.before).toContain('old');
    expect(difference?.after).toContain('new');
    expect(difference?.after?.length).toBeLessThan(150);
  });
});
