import { describe, expect, it } from '@jest/globals';
import { KastellanError } from '../../../src/domain/errors.ts';
import { dashboardAddress, redirectUri } from '../../../src/domain/setup/naming.ts';
import { servedPathOf } from '../../../src/domain/setup/served-path.ts';
import type { SignIn } from '../../../src/ports/sign-in.ts';
import { checkAddress, findAddressProblems } from '../../../src/workflows/setup/address.ts';

type Answer = Awaited<ReturnType<SignIn['dashboardRedirect']>>;

const ORIGIN = 'https://k10.example.com';
const AT = { origin: ORIGIN, release: 'k10' };
const page = (isK10: boolean, detail = 'answered 200 and did not send the browser to sign in.'): Answer => ({
  redirected: false,
  broken: false,
  isK10,
  detail,
});
const sentBackTo = (uri: string): Answer => ({
  redirected: true,
  authorizeUrl: 'https://login.example.com/authorize',
  clientId: 'x',
  redirectUri: uri,
});
const SILENT = new KastellanError({
  code: 'sign-in.unreachable',
  message: `${ORIGIN} does not answer (ENOTFOUND).`,
});

/** A host at which these addresses answer so, and all others with a page that is no K10's. */
function host(answers: Readonly<Record<string, Answer | KastellanError>>): SignIn {
  const signIn: Partial<SignIn> = {
    dashboardRedirect: async (address) => {
      const answer = answers[new URL(address).pathname] ?? page(false, `${address} answered 404.`);
      if (answer instanceof KastellanError) throw answer;
      return answer;
    },
  };
  return signIn as SignIn;
}

describe('the address of the dashboard, before anything is changed', () => {
  it.each([
    ['shows its page', page(true)],
    ['signs people in and comes back there', sentBackTo(`${ORIGIN}/k10/auth-svc/v0/oidc/redirect`)],
    [
      'comes back by another host, which set-up sets',
      sentBackTo('https://old.example.com/k10/auth-svc/v0/oidc/redirect'),
    ],
  ])('is fine where K10 %s', async (_name, answer) => {
    expect(await checkAddress(host({ '/k10/': answer }), AT)).toEqual({ obstacle: undefined, warnings: [] });
  });

  it('is refused where K10 answers under another path of the same host', async () => {
    const { obstacle } = await checkAddress(host({ '/k10/': page(true) }), { ...AT, path: 'backup' });
    expect(obstacle?.message).toMatch(
      /K10 answers at https:\/\/k10\.example\.com\/k10\/ and not at .*\/backup\//,
    );
    const values = await checkAddress(host({ '/backup/': page(true) }), AT, { path: 'backup' });
    expect(values.obstacle?.hint).toBe('Give https://k10.example.com/backup/ as the address.');
  });

  it('is refused where K10 sends people back to another path than that of the address', async () => {
    const answer = sentBackTo(`${ORIGIN}/k10/auth-svc/v0/oidc/redirect`);
    const { obstacle } = await checkAddress(host({ '/backup/': answer }), { ...AT, path: 'backup' });
    expect(obstacle?.message).toContain('K10 answers at https://k10.example.com/k10/');
  });

  it('is refused where nothing answers, but the values name another path', async () => {
    const { obstacle } = await checkAddress(host({ '/k10/': SILENT }), AT, { path: 'backup' });
    expect(obstacle?.hint).toContain('https://k10.example.com/backup/');
  });

  it.each([
    ['nothing answers', SILENT, /ENOTFOUND.*could not be checked/],
    ['something else answers', page(false), /not what K10 answers/],
    [
      'a proxy signs people in',
      sentBackTo(`${ORIGIN}/oauth2/callback`),
      /in front of .* signs people in by itself/,
    ],
  ])(
    'is warned about, and not refused, where %s: people may reach what Kastellan does not',
    async (_name, answer, says) => {
      const { obstacle, warnings } = await checkAddress(host({ '/k10/': answer }), AT);
      expect(obstacle).toBeUndefined();
      expect(warnings.join(' ')).toMatch(says);
    },
  );

  it('is taken with a path of its own, and it is said what shows only later', async () => {
    const at = { ...AT, path: 'backup' };
    const { obstacle, warnings } = await checkAddress(host({ '/backup/': page(true) }), at, {
      path: 'backup',
    });
    expect(obstacle).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/^K10 is served at the path \/backup\/.*rolled back\.$/),
    ]);
    const known = sentBackTo(redirectUri(at));
    expect(await checkAddress(host({ '/backup/': known }), at)).toEqual({
      obstacle: undefined,
      warnings: [],
    });
  });

  it('is compared with what Ingresses and Routes serve', async () => {
    const signIn = host({ '/k10/': page(true) });
    const warnings = async (known: Parameters<typeof checkAddress>[2]) =>
      (await checkAddress(signIn, AT, known)).warnings;
    expect(await warnings({ found: ['https://other.example.com'] })).toEqual([
      expect.stringContaining('No Ingress or Route of K10 serves https://k10.example.com'),
    ]);
    expect(await warnings({ found: [`${ORIGIN}/k10`] })).toEqual([]);
  });

  it('is refused at its field only for what is certain, and only if that is seen in time', async () => {
    const elsewhere = host({ '/k10/': page(true) });
    expect(await findAddressProblems(elsewhere, { ...AT, path: 'backup' }, 1_000)).toEqual([
      { field: 'dashboardUrl', message: expect.stringContaining('K10 answers at') },
    ]);
    expect(await findAddressProblems(host({ '/k10/': SILENT }), AT, 1_000)).toEqual([]);
    const slow: Partial<SignIn> = { dashboardRedirect: () => new Promise<Answer>(() => undefined) };
    expect(await findAddressProblems(slow as SignIn, AT, 1)).toEqual([]);
  });
});

it('carries a path of its own into every address', () => {
  expect(redirectUri({ ...AT, path: 'apps/k10' })).toBe(`${ORIGIN}/apps/k10/auth-svc/v0/oidc/redirect`);
  expect(dashboardAddress({ ...AT, path: 'apps/k10' })).toBe(`${ORIGIN}/apps/k10/`);
  expect(dashboardAddress(AT)).toBe(`${ORIGIN}/k10/`);
});

it.each([
  [{}, undefined],
  [{ ingress: { create: true, urlPath: '/backup/' } }, 'backup'],
  [{ ingress: { create: true, urlPath: '' } }, undefined],
  [{ route: { enabled: true, path: '/apps/k10' }, ingress: { urlPath: 'backup' } }, 'apps/k10'],
  [{ route: { enabled: false, path: '/apps/k10' } }, undefined],
  [{ route: { enabled: true, path: '/' } }, undefined],
])("reads where the release's values serve K10: %j", (values, path) => {
  expect(servedPathOf(values)).toBe(path);
});
