import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chartArguments } from '../../src/adapters/helm/chart.ts';
import { valuesToJson } from '../../src/adapters/helm/values.ts';
import { parseHelmVersion } from '../../src/adapters/helm/version.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { secretsIn } from '../../src/domain/setup/secrets-in.ts';

describe('values on their way to Helm', () => {
  it('are the same for a reader of JSON, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ noUnicodeString: false })),
        (values) => {
          const sent = JSON.parse(JSON.stringify(values)) as JsonObject;
          expect(JSON.parse(valuesToJson(sent))).toEqual(sent);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('hold no character that a YAML reader changes', () => {
    const json = valuesToJson({ '\u0085': 'a\u007f\u009f\u2028\u2029\ufeff\ufffe\uffffb' });
    expect(json).toBe('{"\\u0085":"a\\u007f\\u009f\\u2028\\u2029\\ufeff\\ufffe\\uffffb"}');
  });
});

describe('secrets among values', () => {
  const found = secretsIn({
    auth: {
      oidcAuth: {
        clientID: 'client-id-1',
        clientSecret: 'hunter2-hunter2',
        clientSecretName: 'kastellan-k10-oidc',
      },
      basicAuth: { htpasswd: 'admin:hash-hash' },
    },
    secrets: {
      awsAccessKeyId: 'AKIA-1234',
      nested: { list: ['inner-secret'] },
      tlsKey: 'first line\nsecond line',
    },
    license: 'license-text',
  });

  it('are found by the names of their keys, however deep', () => {
    expect(found).toEqual(
      expect.arrayContaining([
        'hunter2-hunter2',
        'admin:hash-hash',
        'AKIA-1234',
        'inner-secret',
        'license-text',
      ]),
    );
  });

  it('are found in the forms in which they are repeated', () => {
    expect(found).toEqual(
      expect.arrayContaining([Buffer.from('hunter2-hunter2').toString('base64'), 'second line']),
    );
  });

  it('are not what only names them', () => {
    expect(found).not.toContain('kastellan-k10-oidc');
    expect(found).not.toContain('client-id-1');
  });
});

describe('the version of Helm', () => {
  it.each([
    ['v3.14.0', 3],
    ['v3.18.0\n', 3],
    ['v4.1.4', 4],
  ])('%s is one that Kastellan drives', (text, major) => {
    expect(parseHelmVersion(text).major).toBe(major);
  });

  it.each(['v2.17.0', 'v3.13.3', 'v5.0.0', 'bash: helm: no', ''])('%j is refused', (text) => {
    expect(() => parseHelmVersion(text)).toThrow(
      expect.objectContaining({ code: 'helm.version-unsupported' }),
    );
  });
});

describe('where a chart comes from', () => {
  it('is a repository and a version', () => {
    expect(chartArguments({ repository: 'https://charts.kasten.io/', name: 'k10' }, '7.5.10')).toEqual([
      'k10',
      '--repo',
      'https://charts.kasten.io',
      '--version',
      '7.5.10',
    ]);
  });

  it('is an OCI reference, with or without the name of the chart', () => {
    const expected = ['oci://r.example/charts/k10', '--version', '1.0.0'];
    expect(chartArguments({ repository: 'oci://r.example/charts', name: 'k10' }, '1.0.0')).toEqual(expected);
    expect(chartArguments({ repository: 'oci://r.example/charts/k10', name: 'k10' }, '1.0.0')).toEqual(
      expected,
    );
  });

  it('is a file before it is a repository', () => {
    expect(
      chartArguments({ repository: 'https://x.example', name: 'k10', path: '/k10.tgz' }, '1.0.0'),
    ).toEqual(['/k10.tgz']);
  });

  it('must be known', () => {
    expect(() => chartArguments({ name: 'k10' }, '1.0.0')).toThrow(
      expect.objectContaining({ code: 'helm.chart-source' }),
    );
  });
});
