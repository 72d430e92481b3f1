import { afterEach, describe, expect, it } from '@jest/globals';
import type { Finding } from '../../src/ports/finding.ts';
import { checkSignInApp } from '../../src/workflows/status/check-sign-in-app.ts';
import { applicationSettings } from '../support/application-settings.ts';
import { type EntraBench, MINIMAL, openBench } from '../support/entra-adapter.ts';
import { houseRules } from '../support/setup-samples.ts';

let bench: EntraBench;
afterEach(() => bench.close());

async function openTenant(): Promise<{ clientId: string; check: () => Promise<Finding[]> }> {
  bench = await openBench({ permissions: [...MINIMAL, 'Policy.Read.All', 'Directory.Read.All'] });
  const { directory } = bench;
  const { clientId } = await directory.createApplication('kastellan-prod-eu', applicationSettings());
  await directory.createServicePrincipal(clientId);
  for (const level of ['admin', 'ns-admin']) {
    const uniqueName = `kastellan-prod-eu-${level}`;
    await directory.createGroup({ uniqueName, displayName: `Kasten ${level}`, description: level });
  }
  return { clientId, check: () => checkSignInApp({ rules: houseRules(), directory }, 'prod-eu') };
}

describe('what the doctor says of the app that people sign in with', () => {
  it('is good where nothing keeps people out, and names what does', async () => {
    const { clientId, check } = await openTenant();
    expect(await check()).toMatchObject([{ verdict: 'good' }]);
    bench.entra.portal.changePrincipal(clientId, { accountEnabled: false, appRoleAssignmentRequired: true });
    const bad = await check();
    expect(bad.map(({ verdict }) => verdict)).toEqual(['bad', 'bad', 'bad']);
    expect(bad.map(({ detail }) => detail).join(' ')).toMatch(
      /Kasten admin and Kasten ns-admin are not.*AADSTS50105.*AADSTS7000112.*AADSTS90094/,
    );
    expect(bad.every(({ fix }) => fix !== undefined)).toBe(true);
  });

  it('leaves to people what others may need: redirect URIs and certificates', async () => {
    const { clientId, check } = await openTenant();
    bench.entra.portal.changeApplication(clientId, {
      spa: { redirectUris: ['https://other.example.com/'] },
      keyCredentials: [{ keyId: 'k', displayName: 'CN=somebody' }],
    });
    const findings = await check();
    expect(findings.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown']);
    expect(findings.map(({ detail }) => detail).join(' ')).toMatch(/other\.example\.com.*CN=somebody/);
  });

  it('says what it may not read, and never calls it good', async () => {
    bench = await openBench();
    const { directory } = bench;
    await directory.createApplication('kastellan-prod-eu', applicationSettings());
    const findings = await checkSignInApp({ rules: houseRules(), directory }, 'prod-eu');
    expect(findings).toMatchObject([
      { verdict: 'unknown', detail: expect.stringMatching(/consent for themselves.*is not known/) },
    ]);
  });

  it('is good where nothing was set up yet', async () => {
    bench = await openBench();
    const { directory } = bench;
    expect(await checkSignInApp({ rules: houseRules(), directory }, 'prod-eu')).toMatchObject([
      { verdict: 'good', detail: expect.stringContaining('/kasten setup') },
    ]);
  });
});
