import { describe, expect, it } from '@jest/globals';
import { parseManifest, parseRendered } from '../../../src/adapters/helm/manifest.ts';

const MANIFEST = `---
# Source: k10/templates/config.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { loglevel: "info", loglevel: "debug" }
---
# A template that rendered nothing
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: k10-admin }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: kasten-default, namespace: default }
---
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: Secret, metadata: { name: one }, stringData: { password: on } }
`;

describe('the manifest of a release', () => {
  const objects = parseManifest(MANIFEST, 'kasten-io');

  it('names each object with the namespace in which it is', () => {
    expect(objects.map(({ kind, namespace, name }) => [kind, namespace, name])).toEqual([
      ['ConfigMap', 'kasten-io', 'settings'],
      ['ClusterRole', undefined, 'k10-admin'],
      ['Role', 'default', 'kasten-default'],
      ['Secret', 'kasten-io', 'one'],
    ]);
  });

  it('is read as Helm reads it', () => {
    const text = `apiVersion: v1
kind: Thing
metadata: { name: a }
mode: 0420
small: 0x1F
many: 1_000
float: 1.5e3
flag: yes
date: 2026-01-01
time: 12:30:45
`;
    expect(parseManifest(text, 'x')[0]?.body).toMatchObject({
      mode: 272,
      small: 31,
      many: 1000,
      float: 1500,
      flag: true,
      date: '2026-01-01',
      time: '12:30:45',
    });
    expect(objects[0]?.body['data']).toEqual({ loglevel: 'debug' });
  });

  it('is quoted in no error when it cannot be read', () => {
    const broken = 'kind: Secret\ndata: {password: "hunter2-hunter2\n';
    expect(() => parseManifest(broken, 'x')).toThrow(
      expect.objectContaining({ code: 'helm.unknown', message: expect.not.stringContaining('hunter2') }),
    );
    expect(() => parseRendered('{"config": "hunter2-hunter2"', 'x')).toThrow(
      expect.objectContaining({ code: 'helm.unknown', message: expect.not.stringContaining('hunter2') }),
    );
  });
});
