import { setTimeout as sleep } from 'node:timers/promises';
import { objectAt } from '../../domain/json.ts';
import type { Proof } from '../../domain/requests/request.ts';
import { credentialSecretName } from '../../domain/setup/naming.ts';
import type { Step, StepRun } from '../requests/step.ts';
import { required } from '../setup/groups.ts';
import { proved, proveIssuer, proveRedirect, proveSecret, requireProofs } from '../setup/proof.ts';
import type { SetupJob } from '../setup/systems.ts';
import { newKeyOf } from './credential.ts';

// A proxy in front of K10, such as an Ingress controller, needs seconds to learn of new pods.
const REDIRECT_PATIENCE_MS = 60_000;
const POLL_MS = 1_000;

/** Looks from the outside whether sign-in works with the new secret, while the old one is still good. */
export function rotationProofStep(job: SetupJob): Step {
  return {
    name: 'proof',
    title: 'Proof',
    needs: ['switch-over'],
    apply: async (run) => requireProofs(run, await proveRotation(job, run)),
  };
}

async function proveRotation(job: SetupJob, run: StepRun): Promise<Proof[]> {
  const clientId = required(run, 'credential', 'clientId');
  return Promise.all([
    proved('issuer matches', () => proveIssuer(job)),
    proved('new secret accepted', async () => (await proveKey(job, run)) ?? proveSecret(job, { clientId })),
    proved('dashboard redirects with this app', () => redirectsSoon(job, run, clientId)),
    proved("K10's pods started with the new secret", () => proveInUse(job, run)),
  ]);
}

async function proveKey({ spec, systems }: SetupJob, run: StepRun): Promise<string | undefined> {
  const stored = await systems.cluster.readCredential(credentialSecretName(spec.release));
  return stored?.keyId === newKeyOf(run) ? undefined : 'the Kubernetes Secret holds another one';
}

async function redirectsSoon(job: SetupJob, run: StepRun, clientId: string): Promise<string | undefined> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const problem = await proveRedirect(job, { clientId });
    if (problem === undefined || waitedMs >= REDIRECT_PATIENCE_MS) return problem;
    run.report(problem);
    await sleep(POLL_MS, undefined, { signal: run.signal });
  }
}

// A pod's template was marked with the new key only after the Kubernetes Secret held it, and a pod reads a Secret when it
// starts: with all pods of that template, and none left of another, all of them have read it.
async function proveInUse({ spec, systems }: SetupJob, run: StepRun): Promise<string | undefined> {
  const name = credentialSecretName(spec.release);
  const readers = await systems.cluster.listReaders(name);
  if (readers.length === 0) return proveInValues({ spec, systems });
  const wrong = readers.filter(({ mark, ready }) => mark !== newKeyOf(run) || !ready);
  return wrong.length === 0
    ? undefined
    : wrong.map((reader) => `${reader.name}: ${reader.status}`).join(', ');
}

// Every pod's template carries a checksum of the rendered secrets: Helm's upgrade has replaced them all.
async function proveInValues({
  spec,
  systems,
}: Pick<SetupJob, 'spec' | 'systems'>): Promise<string | undefined> {
  const [values, stored, deployments] = await Promise.all([
    systems.releases.userValues(),
    systems.cluster.readClientSecret(credentialSecretName(spec.release)),
    systems.cluster.listDeployments(),
  ]);
  const inValues = objectAt(objectAt(values, 'auth'), 'oidcAuth')['clientSecret'];
  if (stored === undefined || inValues !== stored.reveal()) return "it is not in the release's values";
  const waiting = deployments.filter(({ ready }) => !ready).map(({ name, status }) => `${name}: ${status}`);
  return waiting.length === 0 ? undefined : waiting.join(', ');
}
