import { describe, expect, it } from '@jest/globals';
import { Secret } from '../../../src/domain/secret.ts';
import type { SignIn } from '../../../src/ports/sign-in.ts';
import type { StepRun } from '../../../src/workflows/requests/step.ts';
import { acceptanceStep } from '../../../src/workflows/setup/acceptance.ts';
import { setupSteps } from '../../../src/workflows/setup/steps.ts';
import type { SetupJob } from '../../../src/workflows/setup/systems.ts';
import { setupSpec } from '../../support/setup-samples.ts';

type Verdict = Awaited<ReturnType<SignIn['tryClientSecret']>>;

function job(stored: Secret | undefined, verdicts: Verdict[] = []): SetupJob {
  const systems = {
    cluster: { readClientSecret: async () => stored },
    signIn: { tryClientSecret: async () => verdicts.shift() ?? { accepted: true } },
    clock: { now: () => new Date() },
  } as unknown as SetupJob['systems'];
  return {
    request: { id: 'r', cluster: 'c' },
    spec: setupSpec(),
    atEnd: () => 'membership',
    otherUses: async () => [],
    mayShare: () => true,
    systems,
  };
}

function run(reports: string[] = []): StepRun {
  return {
    signal: new AbortController().signal,
    recall: () => undefined,
    recallFrom: () => 'client',
    remember: async () => undefined,
    report: (text) => void reports.push(text),
  };
}

describe('waiting for Entra to take a new client secret', () => {
  it('tells why it waits, looks again, and ends when the secret is taken', async () => {
    const reports: string[] = [];
    const refused = { accepted: false, code: 'AADSTS7000215', message: 'not yet' } as const;
    const note = await acceptanceStep(job(new Secret('value'), [refused])).apply(run(reports));
    expect(note).toMatch(/^accepted by Entra/);
    expect(reports).toEqual([expect.stringContaining('AADSTS7000215')]);
  });

  it('says what to do when somebody deleted the Kubernetes Secret meanwhile', async () => {
    await expect(acceptanceStep(job(undefined)).apply(run())).rejects.toMatchObject({
      code: 'setup.credential-missing',
      retry: { when: 'never' },
    });
  });

  it('comes before Helm, and lets the enterprise application and the secret be made side by side', () => {
    const steps = new Map(setupSteps(job(undefined)).map((step) => [step.name, step.needs]));
    expect(steps.get('release')).toContain('acceptance');
    expect(steps.get('acceptance')).toEqual(['credential', 'service-principal']);
    expect(steps.get('credential')).toEqual(['application']);
  });
});
