import { randomUUID, X509Certificate } from 'node:crypto';
import { graphTime } from './clock.ts';
import type { Directory, Entry, Properties } from './directory.ts';
import { derived } from './graph/service-principals.ts';
import { grantGraphRole, graphPrincipal } from './graph-app-roles.ts';
import type { SeedApplication, SeedGroup, SeedPerson } from './seed.ts';
import type { World } from './world.ts';

/** Puts the seed into the directory. What is planted is visible at once, whatever the knobs say. */
export function plant(world: World): void {
  const { directory, seed } = world;
  directory.add('servicePrincipal', graphPrincipal());
  for (const person of seed.people ?? []) plantPerson(directory, person);
  for (const application of seed.applications ?? []) plantApplication(world, application);
  for (const group of seed.groups ?? []) plantGroup(directory, group);
  for (const entry of directory.entries.values()) entry.visibleAt = 0;
}

function plantPerson(directory: Directory, person: SeedPerson): void {
  const { id, password, mfaCode, ...properties } = person;
  const mail = person.mail === undefined ? person.userPrincipalName : person.mail;
  const [givenName = '', ...surname] = person.displayName.split(' ');
  const addresses = person.proxyAddresses ?? (mail ? [`SMTP:${mail}`] : []);
  const names = { givenName, surname: surname.join(' ') || null };
  const entry = directory.add('user', { ...names, ...properties, mail, proxyAddresses: addresses }, id);
  directory.passwords.set(entry.id, { password, mfaCode });
}

function plantApplication(world: World, planted: SeedApplication): void {
  const { directory, clock } = world;
  const now = clock.now();
  const twoYears = new Date(now.getTime() + 730 * 86_400_000);
  const credentials = (planted.secrets ?? []).map((secret) => {
    const keyId = randomUUID();
    directory.secretTexts.set(keyId, { text: secret.text, acceptedAt: 0 });
    return {
      customKeyIdentifier: null,
      displayName: secret.displayName ?? null,
      endDateTime: secret.endDateTime ?? graphTime(twoYears),
      hint: secret.text.slice(0, 3),
      keyId,
      secretText: null,
      startDateTime: secret.startDateTime ?? graphTime(now),
    };
  });
  const { clientId: appId, displayName } = planted;
  const properties = {
    displayName,
    keyCredentials: (planted.certificates ?? []).map(keyCredential),
    ...planted.properties,
    appId,
    passwordCredentials: credentials,
  };
  const entry = directory.add('application', properties, planted.id);
  directory.certificates.set(entry.id, planted.certificates ?? []);
  const federated = (planted.federatedCredentials ?? []).map((one) => ({
    ...one,
    id: randomUUID(),
    description: null,
  }));
  directory.federatedCredentials.set(entry.id, federated);
  for (const owner of planted.owners ?? []) entry.owners.add(named(directory, owner).id);
  if (planted.servicePrincipal === false) return;
  const principal = directory.add('servicePrincipal', derived(world, entry));
  for (const name of planted.permissions ?? []) grantGraphRole(directory, principal, name);
}

/** A certificate as the portal uploads it. */
function keyCredential(pem: string): Properties {
  const certificate = new X509Certificate(pem);
  const thumbprint = Buffer.from(certificate.fingerprint.replaceAll(':', ''), 'hex');
  return {
    customKeyIdentifier: thumbprint.toString('base64'),
    displayName: certificate.subject,
    endDateTime: graphTime(certificate.validToDate),
    key: certificate.raw.toString('base64'),
    keyId: randomUUID(),
    startDateTime: graphTime(certificate.validFromDate),
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
  };
}

function plantGroup(directory: Directory, planted: SeedGroup): void {
  const { displayName, uniqueName = null } = planted;
  const mailNickname = displayName.replaceAll(/[^A-Za-z0-9]/g, '') || 'group';
  const entry = directory.add(
    'group',
    {
      displayName,
      uniqueName,
      mailNickname,
      mailEnabled: false,
      securityEnabled: true,
      ...planted.properties,
    },
    planted.id,
  );
  for (const member of planted.members ?? []) entry.members.add(named(directory, member).id);
  for (const owner of planted.owners ?? []) entry.owners.add(named(directory, owner).id);
  for (const role of planted.directoryRoles ?? []) directory.putInto('directoryRole', role, entry);
  for (const unit of planted.administrativeUnits ?? []) directory.putInto('administrativeUnit', unit, entry);
}

/** Names in the seed are object IDs, user principal names, group names or client IDs. */
function named(directory: Directory, name: string): Entry {
  const entry =
    directory.entries.get(name) ??
    directory.findBy('user', 'userPrincipalName', name) ??
    directory.findBy('group', 'displayName', name) ??
    directory.servicePrincipal(name);
  if (!entry) throw new Error(`The seed names '${name}', which it does not contain.`);
  return entry;
}
