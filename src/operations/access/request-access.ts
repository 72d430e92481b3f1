import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AccessForm,
  type AccessProblem,
  type AccessSpec,
  readAccessForm,
} from '../../domain/access/access.ts';
import { type Grant, isActive } from '../../domain/access/grant.ts';
import { asKastellanError } from '../../domain/errors.ts';
import { OPEN_STATES, ofKind, type RequestOf } from '../../domain/requests/request.ts';
import type { BreakGlassTaking } from '../../ports/stores.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { createRequest, findSubmitted } from '../../workflows/requests/create-request.ts';
import { requireRequester } from '../../workflows/requests/requesters.ts';
import { resolvePerson } from '../../workflows/setup/people.ts';

type Ports = RequestPorts & Pick<World, 'directory' | 'links' | 'audit' | 'telemetry'>;
/** What there is already, so that nothing has to be asked for. */
export type ExistingAccess = { readonly grant: Grant } | { readonly request: RequestOf<'access'> };

export type RequestAccessResult =
  | { readonly ok: true; readonly request: RequestOf<'access'> }
  | { readonly ok: false; readonly problems: readonly AccessProblem[] }
  | { readonly ok: false; readonly existing: ExistingAccess };

/**
 * Stores a request for access and wakes a worker, which observes Entra and asks the approvers.
 * @param asker Slack user id
 * @param within milliseconds the look-ups in Entra may take here; what they do not reach, the worker looks at
 * @returns every mistake at its field; or what there is already; or the stored request
 * @throws KastellanError `request.not-a-requester`, `request.requester-unknown`
 */
export async function requestAccess(
  world: Ports,
  asker: string,
  form: AccessForm,
  within: number,
  submission?: string,
): Promise<RequestAccessResult> {
  const reading = readAccessForm(form, world.rules);
  if (!reading.ok) return reading;
  const earlier = await findSubmitted(world, 'access', asker, submission);
  if (earlier !== undefined) return { ok: true, request: earlier };
  const { level, beneficiary } = reading.spec;
  await requireRequester(world, asker, { kind: 'access', level, onBehalf: beneficiary !== asker });
  const existing = await findExisting(world, form.cluster, reading.spec);
  if (existing !== undefined) return { ok: false, existing };
  const problem = await findPersonProblem(world, reading.spec.beneficiary, within);
  if (problem !== undefined) return { ok: false, problems: [problem] };
  return { ok: true, request: await storeAccess(world, asker, form.cluster, reading.spec, submission) };
}

/** Stores a request that was read and wakes a worker for it. */
export async function storeAccess(
  world: Ports,
  asker: string,
  cluster: string,
  spec: AccessSpec,
  submission?: string,
  taking?: readonly BreakGlassTaking[],
): Promise<RequestOf<'access'>> {
  const { level, beneficiary, durationMs, reason, breakGlass = false } = spec;
  const detail = { level, beneficiary, durationMs, reason, breakGlass };
  return createRequest(world, { kind: 'access', asker, cluster, spec, detail, submission, taking });
}

// A person who asks for more time has a grant already, so only an identical open request is a duplicate.
async function findExisting(
  world: Pick<World, 'requests' | 'grants'>,
  cluster: string,
  { beneficiary, level, prolongs }: AccessSpec,
): Promise<ExistingAccess | undefined> {
  const [requests, grants] = await Promise.all([
    world.requests.list({ kind: 'access', cluster, person: beneficiary, states: OPEN_STATES }),
    world.grants.liveOfPerson(beneficiary),
  ]);
  const request = requests
    .filter(ofKind('access'))
    .find(({ spec }) => spec.beneficiary === beneficiary && spec.level === level);
  if (request !== undefined) return { request };
  const grant = grants.find(
    (candidate) => isActive(candidate) && candidate.cluster === cluster && candidate.level === level,
  );
  return grant === undefined || prolongs !== undefined ? undefined : { grant };
}

async function findPersonProblem(
  world: Pick<World, 'directory' | 'people' | 'links'>,
  beneficiary: string,
  within: number,
): Promise<AccessProblem | undefined> {
  const timer = new AbortController();
  const looked = resolvePerson(world, beneficiary).then(
    () => undefined,
    (thrown: unknown): AccessProblem | undefined => {
      const { code, message, hint } = asKastellanError(thrown);
      // Entra being away is no mistake of the person who asks; planning will tell.
      if (code !== 'person.unfit') return undefined;
      return { field: 'beneficiary', message: hint === undefined ? message : `${message} ${hint}` };
    },
  );
  const late = sleep(within, undefined, { signal: timer.signal }).catch(() => undefined);
  const problem = await Promise.race([looked, late]);
  timer.abort();
  return problem;
}
