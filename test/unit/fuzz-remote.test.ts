import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readProblem } from '../../src/adapters/entra/graph-envelope.ts';
import { GraphRefusal, isLag } from '../../src/adapters/entra/graph-problem.ts';
import { helmError } from '../../src/adapters/helm/errors.ts';
import { parseRecord } from '../../src/adapters/helm/record.ts';
import { valuesToJson } from '../../src/adapters/helm/values.ts';
import { parseHelmVersion } from '../../src/adapters/helm/version.ts';
import { durationDays } from '../../src/domain/duration.ts';
import { KastellanError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { secretsIn } from '../../src/domain/setup/secrets-in.ts';

const HOUR_MS = 3_600_000;
const treacherous = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf');
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), treacherous);
const anything = fc.oneof(text, fc.jsonValue());

/** Runs a parser: what it raises must be an error with words for people. */
function result<T>(run: () => T): T | KastellanError {
  try {
    return run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(KastellanError);
    return thrown as KastellanError;
  }
}

describe('whatever Graph answers', () => {
  const envelope = fc.record(
    {
      error: fc.oneof(
        anything,
        fc.record(
          {
            code: anything,
            message: anything,
            details: fc.oneof(anything, fc.array(fc.oneof(anything, fc.record({ code: anything })))),
            innerError: fc.oneof(anything, fc.record({ 'request-id': anything })),
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    envelope.map((value) => JSON.stringify(value)),
    fc.json(),
    text,
  );
  const retryAfter = fc.oneof(
    fc.double({ noNaN: true }).map(String),
    fc.nat().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    fc.constantFrom('-5', '1e99', '.', '0', '99999999999999'),
  );

  it('becomes a refusal that a person can read', () => {
    fc.assert(
      fc.property(body, fc.integer({ min: 400, max: 599 }), (said, status) => {
        const problem = readProblem({ status, headers: new Headers(), body: said }, Date.now());
        expect(typeof problem.code).toBe('string');
        expect(typeof problem.message).toBe('string');
        expect(problem.detailCodes.every((code) => typeof code === 'string')).toBe(true);
        const refusal = new GraphRefusal('find the application', problem, []);
        expect(refusal.code).toMatch(/^entra\./);
        expect(refusal.message).not.toBe('');
        expect(typeof isLag(refusal)).toBe('boolean');
      }),
    );
  });

  it('never makes Kastellan wait for longer than an hour, or for less than nothing', () => {
    fc.assert(
      fc.property(retryAfter, (header) => {
        const answer = { status: 429, headers: new Headers({ 'retry-after': header }), body: '' };
        const { retryAfterMs } = readProblem(answer, Date.now());
        if (retryAfterMs === undefined) return;
        expect(retryAfterMs).toBeGreaterThanOrEqual(0);
        expect(retryAfterMs).toBeLessThanOrEqual(HOUR_MS);
      }),
    );
  });

  it('is a duration, or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.nat(9999).map((days) => `P${days}D`),
        ),
        (said) => {
          const days = durationDays(said);
          if (days !== undefined) expect(days).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe('whatever Helm writes', () => {
  const attempt = {
    action: 'upgrade',
    release: 'k10',
    namespace: 'kasten-io',
    chart: { name: 'k10', repository: 'https://charts.example.com' },
  };

  it('becomes an error that a person can read, without the secrets in it', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9~._-]{20,40}$/);
    const phrase = fc.constantFrom(
      'Error: UPGRADE FAILED: ',
      'is forbidden: User "',
      'conflicts with "kubectl": .data.',
      'another operation (install/upgrade/rollback) is in progress',
      "values don't meet the specifications of the schema\n",
      'execution error at (k10/templates/x.yaml): ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(phrase, text)), secret, (words, hidden) => {
        const problem = `${words.join('')} ${hidden} ${words.join('')}`;
        const error = helmError(problem, { ...attempt, secrets: [hidden] });
        expect(error.code).toMatch(/^(helm|kubernetes)\./);
        const shown = JSON.stringify([
          error.message,
          error.hint,
          (error.cause as Error | undefined)?.message,
        ]);
        expect(shown).not.toContain(hidden);
      }),
    );
  });

  it('is a release only where it tells revision, status and values', () => {
    const part = (keys: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
      fc.oneof(anything, fc.record(keys, { requiredKeys: [] }));
    const record = part({
      version: fc.oneof(anything, fc.nat()),
      info: part({
        status: fc.oneof(anything, fc.constantFrom('deployed', 'failed')),
        last_deployed: anything,
        description: anything,
      }),
      chart: part({ metadata: part({ name: text, version: text }), values: anything }),
      config: anything,
      manifest: anything,
    });
    const output = fc.oneof(
      record.map((value) => JSON.stringify(value)),
      text,
    );
    fc.assert(
      fc.property(output, (said) => {
        const read = result(() => parseRecord(said));
        if (read instanceof KastellanError) expect(read.code).toBe('helm.unknown');
        else
          expect(Number.isSafeInteger(read.revision) && read.revision > 0 && read.status !== '').toBe(true);
      }),
    );
  });

  it('is a version, or a sentence about it', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.stringMatching(/^v?\d{1,3}\.\d{1,3}\.\d{1,3}$/)), (said) => {
        const read = result(() => parseHelmVersion(said));
        if (read instanceof KastellanError) expect(read.code).toBe('helm.version-unsupported');
        else expect([3, 4]).toContain(read.major);
      }),
    );
  });

  it('gets every value back as YAML, and every secret among them is known', () => {
    const values = fc.dictionary(fc.oneof(text, fc.constant('password')), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(values, fc.stringMatching(/^\w{8,20}$/), (others, secret) => {
        const all = JSON.parse(JSON.stringify({ ...others, clientSecret: secret })) as JsonObject;
        expect(secretsIn(all)).toContain(secret);
        expect(valuesToJson(all)).toContain(secret);
      }),
    );
  });
});
