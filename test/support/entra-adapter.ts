import type { Knobs } from '../../sandbox/entra/knobs.ts';
import type { Exchange } from '../../sandbox/entra/request-log.ts';
import type { EntraSeed, SeedApplication, SeedPerson } from '../../sandbox/entra/seed.ts';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import { createAuthority, trustAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { type EntraHosts, entraHosts } from '../../src/adapters/entra/clouds.ts';
import {
  type ChosenCredential,
  type CredentialOptions,
  createCredential,
} from '../../src/adapters/entra/credential.ts';
import { createDirectory } from '../../src/adapters/entra/directory.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Directory } from '../../src/ports/directory.ts';
export const BOT_CLIENT_ID = '0b7a5f3e-6f0c-4a43-9d5e-1f6a4c1b2d01';
/** Planted as Kastellan's own secret: it must turn up in no error. */
export const CANARY = 'CANARY~8Q.do-not-show_me';

export const MINIMAL = [
  'Application.ReadWrite.OwnedBy',
  'Group.Create',
  'GroupMember.ReadWrite.All',
  'User.Read.All',
];

/** A tenant, the adapter that talks to it, and a clock that the adapter's waiting moves. */
export interface EntraBench {
  readonly entra: Entra;
  readonly directory: Directory;
  readonly hosts: EntraHosts;
  readonly credential: CredentialOptions;
  /** What the adapter waited, in milliseconds. */
  readonly waits: number[];
  readonly exchanges: Exchange[];
  close(): Promise<void>;
}

export interface BenchOptions {
  readonly permissions?: readonly string[];
  readonly people?: readonly SeedPerson[];
  readonly groups?: EntraSeed['groups'];
  /** Besides the one Kastellan runs as. */
  readonly applications?: readonly SeedApplication[];
  readonly knobs?: Partial<Knobs>;
  readonly replicationBudgetMs?: number;
  readonly throttleBudgetMs?: number;
}

const authority = createAuthority();
/** Key and certificate for a server on localhost that this process trusts. */
export const trustedServer = authority.then((ca) => {
  trustAuthority(ca);
  return ca.issue();
});

/** A credential that is always good, where signing in is not what is looked at. */
export const GIVEN_CREDENTIAL: ChosenCredential = {
  kind: 'client secret',
  tenantId: 't',
  secrets: [],
  timeoutMs: 30_000,
  answeredWith: () => 200,
  connect: () => ({
    getToken: async () => ({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
  }),
};

export async function openBench(options: BenchOptions = {}): Promise<EntraBench> {
  const exchanges: Exchange[] = [];
  const entra = await startEntra({
    tls: await trustedServer,
    seed: {
      people: [...(options.people ?? [])],
      groups: options.groups ?? [],
      applications: [
        {
          clientId: BOT_CLIENT_ID,
          displayName: 'Kastellan',
          secrets: [{ text: CANARY }],
          permissions: [...(options.permissions ?? MINIMAL)],
        },
        ...(options.applications ?? []),
      ],
    },
    knobs: options.knobs ?? {},
    record: (exchange) => exchanges.push(exchange),
  });
  const hosts = entraHosts('global', { login: entra.loginUrl, graph: entra.graphUrl });
  const credential: CredentialOptions = {
    tenantId: entra.tenantId,
    clientId: BOT_CLIENT_ID,
    clientSecret: new Secret(CANARY),
    authorityHost: hosts.login,
    customAuthority: hosts.customAuthority,
  };
  const waits: number[] = [];
  const directory = createDirectory({
    hosts,
    credential: createCredential(credential),
    time: {
      now: () => Date.now() + entra.knobs.clockOffsetMs,
      sleep: async (ms) => {
        waits.push(ms);
        entra.knobs.clockOffsetMs += ms;
      },
    },
    ...(options.replicationBudgetMs === undefined
      ? {}
      : { replicationBudgetMs: options.replicationBudgetMs }),
    ...(options.throttleBudgetMs === undefined ? {} : { throttleBudgetMs: options.throttleBudgetMs }),
  });
  return { entra, directory, hosts, credential, waits, exchanges, close: () => entra.close() };
}

/** A person of the tenant; everything not given is harmless. */
export function person(name: string, more: Partial<SeedPerson> = {}): SeedPerson {
  const address = `${name.toLowerCase()}@example.com`;
  return {
    displayName: name,
    userPrincipalName: address,
    mail: address,
    password: 'irrelevant',
    mfaCode: '123456',
    ...more,
  };
}

/** Writes to Graph that the tenant took. */
export function writes(entra: Entra): string[] {
  return entra.requestLog
    .filter(({ method, url, status }) => url.startsWith('/v1.0') && method !== 'GET' && status < 400)
    .map(({ method, url }) => `${method} ${url}`);
}
