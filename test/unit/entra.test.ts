import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CLOUDS, entraHosts } from '../../src/adapters/entra/clouds.ts';
import { createCredential } from '../../src/adapters/entra/credential.ts';
import { GraphRefusal, isLag } from '../../src/adapters/entra/graph-problem.ts';
import { createTokenSource } from '../../src/adapters/entra/identity.ts';
import { grantCommand, OPERATIONS, PERMISSIONS } from '../../src/adapters/entra/permissions.ts';
import { retryWhile, waitFor } from '../../src/adapters/entra/time.ts';
import { explainAadsts } from '../../src/adapters/sign-in/aadsts.ts';
import { durationDays } from '../../src/domain/duration.ts';
import { Secret } from '../../src/domain/secret.ts';
import { GIVEN_CREDENTIAL } from '../support/entra-adapter.ts';
import { failureOf } from '../support/failure-of.ts';

const options = {
  tenantId: 't',
  clientId: 'c',
  authorityHost: 'https://login.microsoftonline.com',
  customAuthority: false,
};

describe('The hosts of a cloud', () => {
  it("are that cloud's own, and Microsoft vouches for them", () => {
    expect(entraHosts('usgov').graph).toBe('https://graph.microsoft.us');
    expect(entraHosts('dod').graph).toBe('https://dod-graph.microsoft.us');
    expect(entraHosts('china').login).toBe('https://login.partner.microsoftonline.cn');
    for (const cloud of CLOUDS) expect(entraHosts(cloud).customAuthority).toBe(false);
    expect(entraHosts('china', { login: 'https://login.chinacloudapi.cn/' }).customAuthority).toBe(false);
  });

  it('may be replaced one by one', () => {
    const hosts = entraHosts('global', { login: 'https://sts.example.com/' });
    expect(hosts).toMatchObject({ login: 'https://sts.example.com', graph: 'https://graph.microsoft.com' });
    expect(hosts.customAuthority).toBe(true);
  });
});

describe('The credential', () => {
  it('is the strongest one that the environment offers', () => {
    const all = {
      ...options,
      clientSecret: new Secret('s'),
      certificatePath: '/c.pem',
      federatedTokenFile: '/t',
    };
    expect(createCredential(all).kind).toBe('workload identity');
    expect(createCredential({ ...all, federatedTokenFile: undefined }).kind).toBe('certificate');
    expect(createCredential({ ...options, clientSecret: new Secret('s') }).kind).toBe('client secret');
    expect(createCredential(options).kind).toBe('managed identity');
    expect(createCredential({ ...options, clientId: undefined }).kind).toBe('managed identity');
  });

  it('needs the client ID for everything but a managed identity', async () => {
    const missing = { ...options, clientId: undefined, clientSecret: new Secret('s') };
    const failure = await failureOf(async () => createCredential(missing));
    expect(failure).toMatchObject({
      code: 'entra.client-id-missing',
      hint: expect.stringContaining('AZURE_CLIENT_ID'),
    });
  });
});

interface Contract {
  readonly paths: Record<
    string,
    Record<string, { 'x-ms-app-permissions'?: { least: string[]; alsoAccepted: string[] } }>
  >;
}
const contractFile = new URL('../../../shared/contracts/graph-v1.0-subset.json', import.meta.url);

describe('The table of permissions', () => {
  it('holds each permission once, with its reason, and has one for every operation', () => {
    const names = PERMISSIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(PERMISSIONS.map(({ id }) => id)).size).toBe(names.length);
    for (const { reason, id } of PERMISSIONS) {
      expect([reason.endsWith('.'), /^[0-9a-f-]{36}$/.test(id)]).toEqual([true, true]);
    }
    for (const name of Object.values(OPERATIONS)) expect(names).toContain(name);
  });

  it.each([
    ['/applications/{application-id}/addPassword', 'post', 'Application.ReadWrite.OwnedBy'],
    ['/groups', 'post', 'Group.Create'],
    ['/groups/{group-id}/members/{directoryObject-id}/$ref', 'delete', 'GroupMember.ReadWrite.All'],
    ['/groups/{group-id}', 'delete', 'Group.ReadWrite.All'],
    ['/users', 'get', 'User.Read.All'],
    ['/policies/defaultAppManagementPolicy', 'get', 'Policy.Read.All'],
  ])("agrees with Microsoft's own for %s %s", (path, method, permission) => {
    if (!existsSync(contractFile)) {
      process.stdout.write("Microsoft's description of Graph is not on this machine: not compared\n");
      return;
    }
    const contract = JSON.parse(readFileSync(contractFile, 'utf8')) as Contract;
    const accepted = contract.paths[path]?.[method]?.['x-ms-app-permissions'];
    expect([...(accepted?.least ?? []), ...(accepted?.alsoAccepted ?? [])]).toContain(permission);
  });

  it('gives a command to paste', () => {
    expect(grantCommand(PERMISSIONS[0], 'c-1')).toBe(
      'az ad app permission add --id c-1 --api 00000003-0000-0000-c000-000000000000 --api-permissions 18a4783c-866b-4cc7-a460-3d5e5662c884=Role && az ad app permission admin-consent --id c-1',
    );
  });
});

describe('A refusal by Graph', () => {
  const refusal = (status: number, code: string, message = 'm', detailCodes: string[] = []): GraphRefusal =>
    new GraphRefusal(
      'create the enterprise application',
      { status, code, message, detailCodes, requestId: 'r-1', retryAfterMs: undefined },
      ['hush-hush'],
    );

  it.each([
    [403, 'Authentication_RequestFromNonPremiumTenantOrB2CTenant', 'entra.licence-missing'],
    [403, 'Directory_QuotaExceeded', 'entra.quota-exceeded'],
    [401, 'InvalidAuthenticationToken', 'entra.token-refused'],
    [401, 'Authorization_IdentityNotFound', 'entra.identity-unknown'],
    [403, 'Something_New', 'entra.permission-missing'],
    [404, 'Request_ResourceNotFound', 'entra.not-found'],
    [409, 'Request_ConcurrencyViolation', 'entra.conflict'],
    [429, 'TooManyRequests', 'entra.throttled'],
    [503, 'serviceNotAvailable', 'entra.unavailable'],
    [400, 'Request_BadRequest', 'entra.refused'],
  ])('%i %s becomes %s', (status, code, expected) => {
    expect(refusal(status, code).code).toBe(expected);
  });

  it('is judged by the codes of its details first', () => {
    expect(refusal(400, 'Request_BadRequest', 'm', ['InvalidKeyEndDate']).code).toBe(
      'entra.secret-lifetime-policy',
    );
    expect(refusal(400, 'Request_BadRequest', 'm', ['ObjectConflict']).code).toBe('entra.name-taken');
  });

  it('repeats no secret that Graph repeats', () => {
    const echoed = refusal(400, 'Request_BadRequest', 'value hush-hush is bad');
    expect(JSON.stringify([echoed.message, echoed.cause])).not.toContain('hush-hush');
    expect(JSON.stringify([echoed.message, echoed.problem])).not.toContain('hush-hush');
  });

  it('is lag only where Entra speaks of an object that it does not see yet', () => {
    const words =
      'When using this permission, the backing application of the service principal being created must in the local tenant';
    expect(isLag(refusal(403, 'Authorization_RequestDenied', words))).toBe(true);
    expect(isLag(refusal(403, 'Authorization_RequestDenied', 'Insufficient privileges.'))).toBe(false);
    expect(isLag(refusal(400, 'Request_BadRequest', 'x', ['NoBackingApplicationObject']))).toBe(true);
    expect(isLag(refusal(400, 'Request_BadRequest', 'Invalid value.'))).toBe(false);
    expect(isLag(new Error('x'))).toBe(false);
  });
});

describe('Waiting for Entra', () => {
  const clock = () => {
    let now = 0;
    const waits: number[] = [];
    const sleep = async (ms: number): Promise<void> => {
      waits.push(ms);
      now += ms;
    };
    return { waits, patience: { time: { now: () => now, sleep }, replicationBudgetMs: 10_000 } };
  };

  it('looks ever more seldom, and gives up in time with a failure that may pass', async () => {
    const { waits, patience } = clock();
    const failure = await failureOf(() => waitFor(patience, 'the group X', async () => undefined));
    expect(failure).toMatchObject({ code: 'entra.not-replicated', retry: { when: 'later' } });
    expect(failure.message).toContain('the group X');
    expect(waits).toEqual([250, 500, 1000, 2000, 4000]);
  });

  it('does not repeat what will not pass', async () => {
    const { waits, patience } = clock();
    const act = async (): Promise<never> => {
      throw new Error('final');
    };
    await expect(retryWhile(patience, () => false, act)).rejects.toThrow('final');
    expect(waits).toEqual([]);
  });
});

describe('A lifetime', () => {
  it.each([
    ['P90D', 90],
    ['P1Y', 365],
    ['P6M', 168],
    ['P2W', 14],
    ['P4DT12H30M5S', 4],
    ['PT48H', 2],
    ['ninety', undefined],
  ])('of %s is %s days', (text, expected) => {
    expect(durationDays(text)).toBe(expected);
  });
});

describe('A sign-in error of Entra', () => {
  it('is explained with or without its prefix; unknown ones are not made up', () => {
    expect(explainAadsts('AADSTS50011')?.hint).toContain('redirect');
    expect(explainAadsts('7000222')).toEqual(explainAadsts('AADSTS7000222'));
    expect(explainAadsts('AADSTS700213')?.hint).toContain('system:serviceaccount:');
    expect(explainAadsts('AADSTS1')).toBeUndefined();
    expect(explainAadsts('constructor')).toBeUndefined();
  });
});

describe('An access token', () => {
  it('is asked for once for all who want one at the same time, and again for those who come later', async () => {
    let asked = 0;
    const getToken = async () => {
      asked += 1;
      return { token: `token-${asked}`, expiresOnTimestamp: Date.now() + 3_600_000 };
    };
    const chosen = { ...GIVEN_CREDENTIAL, connect: () => ({ getToken }) };
    const tokens = createTokenSource(chosen, 'https://graph.example', 'https://login.example');
    const all = await Promise.all(Array.from({ length: 5 }, () => tokens.token()));
    expect(new Set(all)).toEqual(new Set(['token-1']));
    expect(await tokens.token()).toBe('token-2');
  });

  it('is asked for with what the certificate file holds by now, once the one before is refused', async () => {
    let file = 'ended';
    const connect = () => {
      const certificate = file;
      const getToken = async () => {
        if (certificate === 'ended') throw new Error('AADSTS700027');
        return { token: `signed with the ${certificate} one`, expiresOnTimestamp: Date.now() + 3_600_000 };
      };
      return { getToken };
    };
    const chosen = { ...GIVEN_CREDENTIAL, connect };
    const tokens = createTokenSource(chosen, 'https://graph.example', 'https://login.example');
    file = 'renewed';
    await expect(tokens.token()).rejects.toThrow();
    expect(await tokens.token()).toBe('signed with the renewed one');
  });
});
