import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import pLimit from 'p-limit';
import { unpackRecord } from '../../../sandbox/tools/helm-record.ts';
import { createChartChecks } from '../../../src/adapters/helm/chart-checks.ts';
import { createReleases, type ReleasesOptions } from '../../../src/adapters/helm/releases.ts';
import { createCluster } from '../../../src/adapters/kubernetes/cluster.ts';
import { ADMIN_AND_NS_ADMIN } from '../../../src/config/schema.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { isJsonObject, objectAt } from '../../../src/domain/json.ts';
import type { RenderedObject } from '../../../src/domain/setup/manifest.ts';
import type { Releases } from '../../../src/ports/releases.ts';
import { judgeUpgrade } from '../../../src/workflows/release/judge-upgrade.ts';
import { type Admin, openAdmin } from '../support/admin.ts';
import { allFiles, childProcesses } from '../support/child-processes.ts';
import { grantRights } from '../support/grant-rights.ts';
import { keepingLog } from '../support/quiet-log.ts';
import { packTestChart, serveCharts } from '../support/test-chart.ts';
import type { TestCluster } from '../support/test-cluster.ts';

const INSTALLED = '1.0.0';
const NEWER = '1.1.0';
const CANARY = 'canary-4f1d-secret';
const rendering = { chartVersion: INSTALLED, values: {} };

// Each of these was seen to change on its way through one YAML reader or another, or would end a shell's or YAML's string.
const DIFFICULT: JsonObject = {
  removed: null,
  words: ['on', 'yes', 'n', 'null', '~', 'True', '1_000', '010', '0o17', '1e3', '2026-01-01', '12:30:45'],
  numbers: [0, -1, 1.5, 1000000, 9007199254740991],
  flags: { yes: true, no: false },
  empty: { list: [], map: {}, text: '' },
  lines: 'first\n  second\n\nlast\n',
  trailing: 'text \t',
  nextLine: 'before\u0085after\u2028\u00a0',
  shell: '$(touch /tmp/x); `id` && "\'\\" | > < * ? ! #',
  yaml: 'a: b\n- c: [d, {e: f}] # g\n--- !!str &anchor *alias << %TAG "\'',
  template: '{{ .Values.auth }}',
  emoji: '🔑',
  'key.with/odd "marks"': [[null, [{}]], 'x'],
};

/** What a person needs of a K10 release, on any cluster, with one version of Helm. */
export function describeReleases(
  title: string,
  startCluster: () => Promise<TestCluster>,
  helmBinary: () => Promise<string>,
): void {
  describe(title, () => {
    let cluster: TestCluster;
    let helm: string;
    let charts: Awaited<ReturnType<typeof serveCharts>>;
    let admin: Admin;
    let adminConfig: string;
    let folders = 0;

    beforeAll(async () => {
      cluster = await startCluster();
      helm = await helmBinary();
      await packTestChart(helm, cluster.folder, INSTALLED);
      await packTestChart(helm, cluster.folder, NEWER);
      charts = await serveCharts(cluster.folder);
      adminConfig = await cluster.kubeconfig();
      admin = openAdmin(adminConfig);
    });

    afterAll(async () => {
      await charts.stop();
      await cluster.stop();
    });

    /** @param kubeconfigPath of the account that reads records, and that Helm uses unless `changes` names another */
    function open(
      namespace: string,
      changes: Partial<ReleasesOptions> = {},
      kubeconfigPath = adminConfig,
    ): Releases {
      folders += 1;
      const log = keepingLog();
      const kubernetes = createCluster({
        kubeconfigPath,
        namespace,
        release: 'k10',
        levels: ADMIN_AND_NS_ADMIN,
        log,
      });
      return createReleases({
        helm,
        access: { kubeconfigPath },
        namespace,
        release: 'k10',
        chart: { repository: charts.url, name: 'k10' },
        cacheDir: join(cluster.folder, `helm-${folders}`),
        checkChart: createChartChecks(),
        limit: pLimit(4),
        records: kubernetes.helmRecords,
        reviewRights: kubernetes.reviewUpgradeRights,
        log,
        ...changes,
      });
    }

    /** A namespace of its own with K10 in it, as somebody installed it by hand. */
    async function install(namespace: string, values: JsonObject = {}): Promise<Releases> {
      const args = [
        'install',
        'k10',
        join(cluster.folder, `k10-${INSTALLED}.tgz`),
        '-n',
        namespace,
        '-f',
        '-',
      ];
      const env = { HOME: join(cluster.folder, 'people') };
      await execa(helm, [...args, '--create-namespace', '--kubeconfig', adminConfig], {
        input: JSON.stringify(values),
        env,
      });
      return open(namespace);
    }

    function upgradeTo(values: JsonObject, changes: { timeoutMs?: number; signal?: AbortSignal } = {}) {
      const signal = changes.signal ?? new AbortController().signal;
      const timeoutMs = changes.timeoutMs ?? 20_000;
      return { chartVersion: INSTALLED, values, description: 'for a test', timeoutMs, signal };
    }

    /** What the chart's templates were given. */
    async function seenValues(namespace: string): Promise<JsonObject> {
      const map = await admin.read('ConfigMap', 'seen-values', namespace);
      const data = isJsonObject(map?.['data']) ? String(map['data']['values']) : '';
      return JSON.parse(Buffer.from(data, 'base64').toString()) as JsonObject;
    }

    /** Leaves the release as a Helm that was killed in the middle of an upgrade leaves it. */
    async function lock(namespace: string, revision: number): Promise<void> {
      const name = (number: number) => `sh.helm.release.v1.k10.v${number}`;
      const record = await admin.read('Secret', name(revision), namespace);
      if (!isJsonObject(record?.['data'])) throw new Error('there is no record to copy');
      const release = JSON.parse(unpackRecord(record['data']));
      release.version = revision + 1;
      release.info.status = 'pending-upgrade';
      const data = Buffer.from(gzipSync(JSON.stringify(release)).toString('base64')).toString('base64');
      const labels = { name: 'k10', owner: 'helm', status: 'pending-upgrade', version: String(revision + 1) };
      await admin.create({
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'helm.sh/release.v1',
        metadata: { name: name(revision + 1), namespace, labels },
        data: { release: data },
      });
    }

    it('finds the installed release, with the exact version of its chart', async () => {
      const releases = await install('find');
      const found = await releases.find();
      expect(found).toMatchObject({ chart: 'k10', chartVersion: INSTALLED, revision: 1, status: 'deployed' });
      expect(new Date(found?.updatedAt ?? '').toISOString()).toBe(found?.updatedAt);
    });

    it('finds nothing where nothing is installed, and does not upgrade it', async () => {
      const releases = open('default');
      await expect(releases.find()).resolves.toBeUndefined();
      await expect(releases.upgrade(upgradeTo({}))).rejects.toMatchObject({ code: 'helm.release-missing' });
    });

    it('gives back every value unchanged after reading and writing them', async () => {
      const releases = await install('values', DIFFICULT);
      const before = await releases.userValues();
      const seenBefore = await seenValues('values');
      await expect(releases.upgrade(upgradeTo(before))).resolves.toEqual({ revision: 2 });
      await expect(releases.userValues()).resolves.toEqual(before);
      await expect(seenValues('values')).resolves.toEqual(seenBefore);
    });

    it("hands typed text to the chart's templates as it was typed", async () => {
      const releases = await install('typed');
      await releases.upgrade(upgradeTo(DIFFICULT));
      await expect(releases.find()).resolves.toMatchObject({ values: DIFFICULT });
      const { removed, ...kept } = DIFFICULT;
      expect(removed).toBeNull();
      await expect(seenValues('typed')).resolves.toMatchObject(kept);
      await expect(releases.userValues()).resolves.toEqual(DIFFICULT);
    });

    it('leaves out values that are no longer wanted, even all of them', async () => {
      const releases = await install('reset', { extra: { kept: 'mine' } });
      await releases.upgrade(upgradeTo({}));
      await expect(releases.userValues()).resolves.toEqual({});
      await expect(seenValues('reset')).resolves.toMatchObject({ extra: { kept: 'default' } });
    });

    it('stays at the installed version where the repository has a newer one', async () => {
      const releases = await install('pinned');
      await releases.upgrade(upgradeTo({ extra: { kept: 'new' } }));
      await expect(releases.find()).resolves.toMatchObject({ chartVersion: INSTALLED, revision: 2 });
    });

    it('goes back to the values of an earlier revision', async () => {
      const releases = await install('rollback', { extra: { kept: 'first' } });
      await releases.upgrade(upgradeTo({ extra: { kept: 'second' } }));
      await expect(releases.rollback(1, 20_000)).resolves.toEqual({ revision: 3 });
      await expect(releases.userValues()).resolves.toEqual({ extra: { kept: 'first' } });
      await expect(releases.userValues(2)).resolves.toEqual({ extra: { kept: 'second' } });
      await expect(releases.find(2)).resolves.toMatchObject({ revision: 2, status: 'superseded' });
      await expect(releases.rollback(9, 20_000)).rejects.toMatchObject({ code: 'helm.revision-missing' });
    });

    it('shows the objects that it made, and those that an upgrade would make', async () => {
      const releases = await install('rendered', { extra: { kept: 'first' } });
      const named = (objects: readonly RenderedObject[]) =>
        objects.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).toSorted();
      const names = [
        'ConfigMap rendered/seen-values',
        'Deployment rendered/gateway',
        'Secret rendered/k10-oidc-auth',
      ];
      const made = await releases.manifest();
      expect(named(made)).toEqual(names);
      const values = await releases.userValues();
      await expect(releases.render({ chartVersion: INSTALLED, values })).resolves.toEqual(made);
      const other = await releases.render({ chartVersion: INSTALLED, values: { extra: { kept: 'second' } } });
      expect(named(other)).toEqual(names);
      expect(other).not.toEqual(made);
      await expect(releases.find()).resolves.toMatchObject({ revision: 1 });
      await releases.upgrade(upgradeTo({ extra: { kept: 'second' } }));
      await expect(releases.manifest()).resolves.toEqual(other);
      await expect(releases.manifest(1)).resolves.toEqual(made);
    });

    it('says what the chart itself knows of sign-in, whatever its user has taken away', async () => {
      const releases = await install('chart-auth', {
        auth: { oidcAuth: { clientID: null, added: 'by hand' }, tokenAuth: null },
      });
      const found = await releases.find();
      expect(found?.auth).toEqual(objectAt(await seenValues('chart-auth'), 'auth'));
      expect(
        Object.fromEntries(
          [...(found?.authKeys ?? [])].map(([mode, below]) => [mode, [...below].toSorted()]),
        ),
      ).toEqual({
        oidcAuth: ['clientID', 'clientSecret', 'enabled'],
        tokenAuth: ['enabled'],
      });
    });

    it('keeps a number as the chart prints it, whoever gave it, and finds what was edited by hand', async () => {
      const releases = await install('printed');
      const kubernetes = createCluster({
        kubeconfigPath: adminConfig,
        namespace: 'printed',
        release: 'k10',
        levels: [],
        log: keepingLog(),
      });
      const printed = async () =>
        objectAt((await admin.read('ConfigMap', 'seen-values', 'printed')) ?? {}, 'data')['number'];
      const file = join(cluster.folder, `k10-${INSTALLED}.tgz`);
      const set = ['--reuse-values', '--set', 'extra.number=1000710000'];
      await execa(helm, ['upgrade', 'k10', file, '-n', 'printed', ...set, '--kubeconfig', adminConfig], {
        env: { HOME: join(cluster.folder, 'people') },
      });
      const values = await releases.userValues();
      const upgrade = {
        installed: { chartVersion: INSTALLED, revision: 2, status: 'deployed' },
        basedOn: 2,
        values,
        wanted: { ...values, auth: { oidcAuth: { enabled: true } } },
      };
      const judged = await judgeUpgrade({ releases, cluster: kubernetes }, upgrade);
      expect(judged).toMatchObject({ integers: ['extra.number=1000710000'], others: [] });
      await releases.upgrade({ ...upgradeTo(upgrade.wanted), integers: judged.integers });
      await expect(printed()).resolves.toBe('1000710000');
      const after = {
        ...upgrade,
        basedOn: 3,
        installed: { ...upgrade.installed, revision: 3 },
        values: upgrade.wanted,
        wanted: upgrade.values,
      };
      const metadata = { name: 'seen-values', namespace: 'printed' };
      await admin.merge({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { number: '4' } });
      const edited = await judgeUpgrade({ releases, cluster: kubernetes }, after);
      expect(edited.others).toMatchObject([
        {
          object: { kind: 'ConfigMap', name: 'seen-values' },
          differences: [{ path: 'data.number', before: '"4"', after: '"1000710000"' }],
        },
      ]);
    });

    it("says in Helm's history what a revision was made for", async () => {
      const releases = await install('history');
      await releases.upgrade(upgradeTo({}));
      await expect(releases.descriptionOf(2)).resolves.toBe('for a test');
      await expect(releases.descriptionOf(1)).resolves.toBe('Install complete');
      await expect(releases.descriptionOf(3)).resolves.toBeUndefined();
    });

    it('recognises the lock of a Helm that was killed, clears it, and goes on', async () => {
      const releases = await install('locked');
      await lock('locked', 1);
      await expect(releases.find()).resolves.toMatchObject({ revision: 2, status: 'pending-upgrade' });
      await expect(releases.upgrade(upgradeTo({}))).rejects.toMatchObject({
        code: 'helm.locked',
        retry: { when: 'later' },
      });
      await releases.clearPending(2);
      await expect(releases.find()).resolves.toMatchObject({ revision: 1, status: 'deployed' });
      await expect(releases.upgrade(upgradeTo({}))).resolves.toEqual({ revision: 2 });
    });

    it('clears nothing that is not pending', async () => {
      const releases = await install('not-pending');
      await expect(releases.clearPending(1)).rejects.toMatchObject({ code: 'helm.not-pending' });
      await expect(releases.find()).resolves.toMatchObject({ revision: 1, status: 'deployed' });
    });

    it('says which version the repository lacks', async () => {
      const releases = await install('no-version');
      await expect(releases.checkChart(INSTALLED)).resolves.toBeUndefined();
      await expect(releases.checkChart('7.5.1001')).rejects.toMatchObject({
        code: 'helm.chart-missing',
        message: expect.stringContaining('k10 7.5.1001'),
        hint: expect.stringContaining('Rancher'),
      });
    });

    it('says that the repository cannot be reached, and may be asked again', async () => {
      const gone = await serveCharts(cluster.folder);
      await gone.stop();
      await install('no-repository');
      const releases = open('no-repository', { chart: { repository: gone.url, name: 'k10' } });
      const refusal = {
        code: 'helm.repository-unreachable',
        message: expect.stringContaining(gone.url),
        retry: { when: 'later' },
      };
      await expect(releases.checkChart(INSTALLED)).rejects.toMatchObject(refusal);
      await expect(releases.upgrade(upgradeTo({}))).rejects.toMatchObject(refusal);
    });

    it('upgrades from a packed chart, but never from one of another version', async () => {
      await install('packed');
      const from = (version: string) =>
        open('packed', { chart: { name: 'k10', path: join(cluster.folder, `k10-${version}.tgz`) } });
      await expect(from(INSTALLED).upgrade(upgradeTo({}))).resolves.toEqual({ revision: 2 });
      await expect(from(NEWER).upgrade(upgradeTo({}))).rejects.toMatchObject({
        code: 'helm.chart-missing',
        message: expect.stringContaining(`is ${NEWER}, but k10 ${INSTALLED} is installed`),
      });
      await expect(from('0.0.0').checkChart(INSTALLED)).rejects.toMatchObject({ code: 'helm.chart-missing' });
    });

    it('repeats no secret when the chart does not accept a value', async () => {
      const releases = await install('schema');
      const values = { auth: { oidcAuth: { clientSecret: `${CANARY}!` } }, replicas: 'many' };
      const error = await releases.upgrade(upgradeTo(values)).catch((problem: unknown) => problem);
      expect(error).toMatchObject({
        code: 'helm.values-rejected',
        message: expect.stringContaining('replicas'),
      });
      expect(textOf(error)).not.toContain(CANARY);
    });

    it('names the right that is missing', async () => {
      await install('forbidden');
      const releases = open('forbidden', {}, await cluster.kubeconfig('nobody'));
      await expect(releases.find()).rejects.toMatchObject({
        code: 'kubernetes.forbidden',
        message: expect.stringContaining('to list secrets'),
        hint: expect.stringContaining('in the namespace forbidden'),
      });
      await expect(releases.upgrade(upgradeTo({}))).rejects.toMatchObject({
        code: 'helm.forbidden',
        message: expect.stringMatching(/to list secrets\.$/),
        hint: expect.stringContaining('in the namespace forbidden'),
      });
    });

    it('upgrades with just the rights that the table of rights lists', async () => {
      await install('rights');
      await grantRights(admin, 'rights', 'kastellan');
      const releases = open('rights', {}, await cluster.kubeconfig('kastellan'));
      await expect(releases.upgrade(upgradeTo({ extra: { kept: 'new' } }))).resolves.toEqual({ revision: 2 });
      await expect(releases.rollback(1, 20_000)).resolves.toEqual({ revision: 3 });
    });

    it('tells a cluster that is gone from one that knows no such token', async () => {
      const gone = await startCluster();
      const kubeconfigPath = await gone.kubeconfig();
      const copy = join(cluster.folder, 'gone.yaml');
      await execa('cp', [kubeconfigPath, copy]);
      await gone.stop();
      const unreachable = { code: 'kubernetes.unreachable', retry: { when: 'later' } };
      await expect(open('default', {}, copy).find()).rejects.toMatchObject(unreachable);
      await expect(open('default', {}, copy).render(rendering)).rejects.toMatchObject(unreachable);
      const broken = open('default', {}, await cluster.brokenKubeconfig());
      const unauthorized = { code: 'kubernetes.unauthorized' };
      await expect(broken.find()).rejects.toMatchObject(unauthorized);
      await expect(broken.render(rendering)).rejects.toMatchObject(unauthorized);
    });

    it('says what is wrong with its own settings', async () => {
      const noFile = open('default', { access: { kubeconfigPath: join(cluster.folder, 'nope') } });
      await expect(noFile.render(rendering)).rejects.toMatchObject({ code: 'kubernetes.kubeconfig-missing' });
      const access = { kubeconfigPath: adminConfig, context: 'nope' };
      await expect(open('default', { access }).render(rendering)).rejects.toMatchObject({
        code: 'kubernetes.context-missing',
      });
      const noHelm = open('default', { helm: join(cluster.folder, 'no-helm') });
      await expect(noHelm.render(rendering)).rejects.toMatchObject({ code: 'helm.binary-missing' });
    });

    it('tells a doctor about the program, the release and where its chart comes from', async () => {
      const releases = await install('doctor');
      const findings = await releases.check();
      expect(findings.map(({ verdict }) => verdict)).toEqual(['good', 'good', 'good', 'good']);
      const none = await open('default').check();
      expect(none.map(({ verdict }) => verdict)).toEqual(['good', 'bad', 'unknown']);
    });

    describe('when pods do not become ready', () => {
      beforeAll(() => cluster.holdPods());

      it('names the Deployment that did not become ready', async () => {
        const releases = await install('not-ready');
        await expect(
          releases.upgrade(upgradeTo({ replicas: 1 }, { timeoutMs: 5_000 })),
        ).rejects.toMatchObject({
          code: 'helm.not-ready',
          message: expect.stringContaining('Deployment gateway'),
        });
        await expect(releases.find()).resolves.toMatchObject({ revision: 2, status: 'failed' });
        await expect(releases.rollback(1, 20_000)).resolves.toEqual({ revision: 3 });
      });

      it('stops when it is asked to, and leaves nothing locked and no secret behind', async () => {
        const releases = await install('aborted');
        const stop = new AbortController();
        const values = { replicas: 1, auth: { oidcAuth: { clientSecret: CANARY } } };
        const upgrading = releases
          .upgrade(upgradeTo(values, { timeoutMs: 60_000, signal: stop.signal }))
          .catch((problem: unknown) => problem);
        await Promise.race([untilPending(releases), upgrading.then(fail)]);
        const children = await childProcesses();
        expect(children.some(({ commandLine }) => commandLine.includes('--reset-values'))).toBe(true);
        expect(JSON.stringify(children)).not.toContain(CANARY);
        stop.abort();
        const error = await upgrading;
        expect(error).toMatchObject({ code: 'helm.aborted', retry: { when: 'later' } });
        expect(textOf(error)).not.toContain(CANARY);
        await expect(releases.find()).resolves.toMatchObject({ revision: 2, status: 'failed' });
        await expect(releases.upgrade(upgradeTo({}))).resolves.toEqual({ revision: 3 });
        await rm(join(cluster.folder, 'people'), { recursive: true, force: true });
        expect((await allFiles(cluster.folder)).join('\n')).not.toContain(CANARY);
      });

      async function untilPending(releases: Releases): Promise<void> {
        let status: string | undefined;
        while (status !== 'pending-upgrade' && status !== 'failed') status = (await releases.find())?.status;
      }

      function fail(problem: unknown): never {
        throw new Error('the upgrade ended by itself', { cause: problem });
      }
    });
  });
}

function textOf(error: unknown): string {
  const { message, hint, cause } = error as Error & { hint?: string };
  return JSON.stringify([message, hint, cause, String(error)]);
}
