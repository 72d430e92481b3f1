import { mustBeAssigned } from '../../domain/setup/entra-findings.ts';
import { applicationKey } from '../../domain/setup/naming.ts';
import type {
  EntraSurroundings,
  ObservedApplication,
  ObservedServicePrincipal,
  SetupSpec,
} from '../../domain/setup/setup.ts';
import type { Directory } from '../../ports/directory.ts';

/** The app of one cluster and what else in Entra decides who signs in through it. */
export interface ObservedSignInApp {
  readonly application: ObservedApplication | undefined;
  readonly servicePrincipal: ObservedServicePrincipal | undefined;
  readonly surroundings: EntraSurroundings;
  /** Object IDs of the groups that are assigned; looked at where only those who are assigned get in. */
  readonly assigned: readonly string[];
}

/** Looks at the app of a cluster, its enterprise application and what surrounds them, and changes nothing. */
export async function observeSignInApp(
  directory: Directory,
  cluster: string,
  spec: Pick<SetupSpec, 'signIn'>,
): Promise<ObservedSignInApp> {
  const application = await directory.findApplication(applicationKey(cluster));
  const [mayAssign, principal, certificates] = await Promise.all([
    directory.mayAssignGroups(),
    observePrincipal(directory, application, spec),
    application === undefined ? [] : directory.listCertificates(application.objectId),
  ]);
  const { servicePrincipal, assigned, consent } = principal;
  return { application, servicePrincipal, assigned, surroundings: { mayAssign, certificates, consent } };
}

async function observePrincipal(
  directory: Directory,
  application: ObservedApplication | undefined,
  { signIn }: Pick<SetupSpec, 'signIn'>,
): Promise<Pick<ObservedSignInApp, 'servicePrincipal' | 'assigned'> & Pick<EntraSurroundings, 'consent'>> {
  const servicePrincipal = application && (await directory.findServicePrincipal(application.clientId));
  const [assigned, consent] = await Promise.all([
    servicePrincipal !== undefined && mustBeAssigned(signIn, servicePrincipal)
      ? directory.listAssignedGroups(servicePrincipal.objectId)
      : [],
    directory.readConsent(servicePrincipal?.objectId),
  ]);
  return { servicePrincipal, assigned, consent };
}
