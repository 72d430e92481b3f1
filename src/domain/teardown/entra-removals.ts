import { type Change, change, type Sign } from '../requests/plan.ts';
import { redirectUri } from '../setup/naming.ts';
import type { ApplicationSettings, ObservedApplication } from '../setup/setup.ts';
import { named } from '../setup/setup-plan.ts';
import type { ObservedInEntra, ObservedTeardownGroup, Removable, TeardownSpec } from './teardown.ts';

/** Whether something goes or stays, as it was ticked. */
export function signOf(remove: readonly Removable[], what: Removable): Sign {
  return remove.includes(what) ? '-' : '=';
}

/** The client secrets that go while their application stays; with it they go by themselves. */
export function secretChanges(
  cluster: string,
  spec: TeardownSpec,
  application: ObservedApplication | undefined,
  inUse: string | undefined,
): Change[] {
  if (application === undefined || removalDecision(cluster, spec, application) === 'removed') return [];
  const sign = signOf(spec.remove, 'credential');
  const stays = sign === '=' ? ' stays' : '';
  return ownSecrets(cluster, application, inUse).map(({ keyId, hint, endsAt }) =>
    change(
      `secret:${keyId}`,
      sign,
      'entra',
      `client secret ${hint ?? keyId}... of ${application.settings.displayName}, valid until ${endsAt.slice(0, 10)}${stays}`,
      [{ path: 'keyId', before: keyId }],
    ),
  );
}

/** The client secrets of an application that Kastellan made for this cluster. */
export function ownSecrets(
  cluster: string,
  application: ObservedApplication,
  inUse: string | undefined,
): ObservedApplication['secrets'] {
  return application.secrets.filter(
    ({ displayName, keyId }) => keyId === inUse || displayName?.startsWith(`kasten/${cluster}/`) === true,
  );
}

/** What becomes of the application: one that others put something into loses only what set-up put there. */
export function removalDecision(
  cluster: string,
  spec: Pick<TeardownSpec, 'remove' | 'setup'>,
  application: ObservedApplication,
): 'stays' | 'removed' | 'let go' {
  if (!spec.remove.includes('application')) return 'stays';
  return othersIn(cluster, spec, application).length === 0 ? 'removed' : 'let go';
}

function othersIn(
  cluster: string,
  { setup }: Pick<TeardownSpec, 'setup'>,
  application: ObservedApplication,
): string[] {
  const ours = ownSecrets(cluster, application, undefined).length;
  const { redirectUris, spaRedirectUris, publicRedirectUris } = application.settings;
  const uris = othersUris(setup, [...redirectUris, ...spaRedirectUris, ...publicRedirectUris]).length;
  const secrets = application.secrets.length - ours;
  return [
    ...(uris > 0 ? [`${uris} redirect ${uris === 1 ? 'URI' : 'URIs'}`] : []),
    ...(secrets > 0 ? [`${secrets} client ${secrets === 1 ? 'secret' : 'secrets'}`] : []),
  ];
}

function othersUris(setup: TeardownSpec['setup'], uris: readonly string[]): string[] {
  return uris.filter((uri) => uri !== redirectUri(setup));
}

/** The application's settings without what set-up put there. */
export function detachRedirect(
  setup: TeardownSpec['setup'],
  settings: ApplicationSettings,
): ApplicationSettings {
  return { ...settings, redirectUris: othersUris(setup, settings.redirectUris) };
}

/** What becomes of the application and its enterprise application, in the words of the plan. */
export function applicationChanges(
  cluster: string,
  spec: TeardownSpec,
  { application, servicePrincipal }: ObservedInEntra,
): Change[] {
  if (application === undefined) return [];
  const { settings, objectId } = application;
  const name = settings.displayName;
  const removal = removalDecision(cluster, spec, application);
  if (removal === 'stays') return [change('application', '=', 'entra', `app ${name} stays`)];
  if (removal === 'let go') {
    const others = othersIn(cluster, spec, application).join(' and ');
    const uri = redirectUri(spec.setup);
    const stays = `app ${name} stays: others have put ${others} into it`;
    if (!settings.redirectUris.includes(uri)) return [change('application', '=', 'entra', stays)];
    return [
      change('application', '~', 'entra', `${stays}; K10's redirect URI goes`, [
        { path: 'redirectUris', before: uri },
      ]),
    ];
  }
  return [
    ...(servicePrincipal === undefined
      ? []
      : [
          change('service-principal', '-', 'entra', `enterprise application of ${name}`, [
            { path: 'objectId', before: servicePrincipal.objectId },
          ]),
        ]),
    change('application', '-', 'entra', `app ${name}`, [{ path: 'objectId', before: objectId }]),
  ];
}

/** Why a group stays whatever was ticked, or undefined. */
export function whyGroupStays({
  adopted,
  usedBy,
}: Pick<ObservedTeardownGroup, 'adopted' | 'usedBy'>): string | undefined {
  if (adopted) return 'it was there before';
  return usedBy.length === 0
    ? undefined
    : `${usedBy.join(' and ')} ${usedBy.length === 1 ? 'uses' : 'use'} it, too`;
}

/** What becomes of a level's group. */
export function groupChange({ remove }: TeardownSpec, group: ObservedTeardownGroup): Change {
  const { level, displayName, members, objectId } = group;
  const id = `group:${level}`;
  const who = `group ${displayName} (${level}: ${members.length === 0 ? 'nobody is in it' : named(members)})`;
  const reason = whyGroupStays(group);
  if (reason !== undefined && remove.includes('groups'))
    return change(id, '=', 'entra', `${who} stays: ${reason}`);
  if (!remove.includes('groups')) return change(id, '=', 'entra', `${who} stays`);
  const loses = members.length === 0 ? '' : '; they lose whatever it gives them';
  return change(id, '-', 'entra', `${who}${loses}`, [{ path: 'objectId', before: objectId }]);
}

/** Whose access ends. Notes and no changes: one that ends by itself in the meantime must not cost the approval. */
export function grantNotes({ grants }: ObservedInEntra): string[] {
  if (grants.length === 0) return [];
  const named = grants.map(
    ({ level, name, endsAt }) => `${level} for ${name} until ${endsAt.slice(0, 16).replace('T', ' ')} UTC`,
  );
  return [`Access for a time ends with it and does not come back: ${named.join('; ')}.`];
}

/** How long Entra keeps what goes, and what may not come back. */
export function keptNotes(changes: readonly Change[]): string[] {
  const isRemoved = (id: string): boolean => changes.some((one) => one.id.startsWith(id) && one.sign === '-');
  const kept = [
    ...(isRemoved('application') ? ['the app'] : []),
    ...(isRemoved('group:') ? ['the groups'] : []),
  ];
  const them = kept.join() === 'the app' ? 'it' : 'them';
  return [
    ...(kept.length === 0
      ? []
      : [
          `Entra keeps ${kept.join(' and ')} for 30 days; while this runs, Roll back fetches ${them} from there.`,
        ]),
    ...(isRemoved('group:')
      ? ['Some tenants delete security groups at once: then they cannot come back.']
      : []),
  ];
}
