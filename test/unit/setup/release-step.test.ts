import { describe, expect, it } from '@jest/globals';
import { KastellanError, LATER } from '../../../src/domain/errors.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import type { InstalledRelease, Releases } from '../../../src/ports/releases.ts';
import type { StepRun } from '../../../src/workflows/requests/step.ts';
import { releaseStep } from '../../../src/workflows/setup/release.ts';
import type { SetupJob } from '../../../src/workflows/setup/systems.ts';
import { setupSpec } from '../../support/setup-samples.ts';

const BARE: JsonObject = { clusterName: 'old', auth: { tokenAuth: { enabled: true } } };
const GROUP = '22222222-2222-4222-8222-222222222222';
const MADE: Readonly<Record<string, string>> = { clientId: 'client', groupId: GROUP };
const SIGN_IN: JsonObject = { oidcAuth: { enabled: true } };

/** A Helm release in memory, with what was done to it in order. */
class Release {
  readonly done: string[] = [];
  readonly revisions = new Map<number, JsonObject>([[1, BARE]]);
  readonly descriptions = new Map<number, string>();
  revision = 1;
  status = 'deployed';
  upgradeFails: KastellanError | undefined;
  /** What others upgrade to just before each of the next upgrades. */
  others: JsonObject[] = [];
  /** How many of the next rollbacks stumble, leaving a revision of their own behind. */
  stumbles = 0;
  readonly memory: Record<string, Json> = {};
  /** Before or after which note the process is killed, counted from now; nobody kills it otherwise. */
  killed: { readonly note: number; readonly when: 'before' | 'after' } | undefined;

  add(values: JsonObject, status = 'deployed'): void {
    this.revision += 1;
    this.revisions.set(this.revision, values);
    this.status = status;
  }

  valuesOf(revision: number): JsonObject {
    const values = this.revisions.get(revision);
    if (values !== undefined) return values;
    throw new KastellanError({ code: 'helm.revision-missing', message: `Helm has no revision ${revision}.` });
  }

  job(): SetupJob {
    const releases: Partial<Releases> = {
      find: async (revision = this.revision): Promise<InstalledRelease> => ({
        chart: 'k10',
        chartVersion: '7.5.10',
        revision,
        status: this.status,
        updatedAt: '',
        values: this.valuesOf(revision),
        auth: {},
        authKeys: new Map([['oidcAuth', new Set(['clientSecretName'])]]),
      }),
      userValues: async (revision = this.revision) => this.valuesOf(revision),
      manifest: async () => [],
      render: async () => [],
      descriptionOf: async (revision) => this.descriptions.get(revision),
      upgrade: async ({ values, description }) => {
        this.done.push(`upgrade, remembering ${this.memory['upgrading']}`);
        if (this.upgradeFails?.code === 'helm.locked') throw this.upgradeFails;
        const other = this.others.shift();
        if (other !== undefined) this.add(other);
        this.add(values, this.upgradeFails === undefined ? 'deployed' : 'failed');
        if (this.upgradeFails !== undefined) throw this.upgradeFails;
        this.descriptions.set(this.revision, description);
        return { revision: this.revision };
      },
      rollback: async (revision) => {
        this.done.push(`rollback to ${revision}, remembering ${this.memory['upgrading']}`);
        this.stumbles -= 1;
        this.add(this.revisions.get(revision) ?? {}, this.stumbles < 0 ? 'deployed' : 'failed');
        if (this.stumbles >= 0) throw new KastellanError({ code: 'helm.unknown', message: 'Not found.' });
        return { revision: this.revision };
      },
      clearPending: async (revision) => {
        this.done.push(`clear ${revision}`);
        this.revisions.delete(revision);
        this.revision -= 1;
        this.status = 'deployed';
      },
    };
    const cluster = {
      findReleaseManager: async () => undefined,
      watchDeployments: async () => undefined,
      listDeployments: async () => [],
      readObjects: async () => new Map(),
    };
    const systems = { releases, cluster, upgradeTimeout: 1_000 } as unknown as SetupJob['systems'];
    return {
      request: { id: 'r', cluster: 'c' },
      spec: setupSpec(),
      atEnd: () => 'membership',
      otherUses: async () => [],
      mayShare: () => true,
      systems,
    };
  }

  run(): StepRun {
    const process = new AbortController();
    let notes = 0;
    return {
      signal: process.signal,
      recall: (key) => this.memory[key],
      recallFrom: (_step, key) => MADE[key],
      remember: async (memory) => {
        notes += 1;
        const isLast = notes === this.killed?.note;
        if (!isLast || this.killed?.when === 'after') Object.assign(this.memory, memory);
        if (isLast) process.abort(new Error('killed'));
        process.signal.throwIfAborted();
      },
      report: () => undefined,
    };
  }

  async apply(): Promise<string | undefined> {
    return releaseStep(this.job()).apply(this.run());
  }

  async undo(): Promise<string | undefined> {
    return releaseStep(this.job()).undo?.(this.run());
  }
}

describe('a Helm release that others work on, too', () => {
  it('knows a rollback that was killed as its own and goes back from there', async () => {
    const release = new Release();
    await release.apply();
    await release.undo();
    expect(release.done.at(-1)).toBe('rollback to 1, remembering 3');
    // As the kill leaves it.
    release.revision = 2;
    release.add(BARE, 'pending-rollback');
    await release.undo();
    expect(release.done.at(-1)).toBe('rollback to 1, remembering 4');
    expect(release.revisions.get(release.revision)).toEqual(BARE);
    expect(release.status).toBe('deployed');
  });

  it('goes back a second time where the first way back stumbles over what the upgrade removed', async () => {
    const release = new Release();
    release.upgradeFails = new KastellanError({ code: 'helm.not-ready', message: 'Not ready.' });
    release.stumbles = 1;
    await expect(release.apply()).rejects.toThrow(
      /Helm is back at revision 1; the dashboard works as before/,
    );
    expect(release.done.slice(1)).toEqual(['rollback to 1, remembering 3', 'rollback to 1, remembering 4']);
  });

  it('goes back to what was noted where Helm has dropped the revision of before', async () => {
    const release = new Release();
    await release.apply();
    release.add({ ...release.revisions.get(2), clusterName: 'new' });
    release.revisions.delete(1);
    expect(await release.undo()).toBe('auth as before, now revision 4');
    expect(release.revisions.get(4)).toEqual({ ...BARE, clusterName: 'new' });
  });

  it('gives K10 sign-in by token where a secret of before was only in the revision that Helm has dropped', async () => {
    const release = new Release();
    const auth = { oidcAuth: { enabled: true, clientID: 'other', clientSecret: 'gone' } };
    release.revisions.set(1, { auth });
    await release.apply();
    release.revisions.delete(1);
    expect(await release.undo()).toBe(
      'sign-in by token, because clientSecret of before is lost, now revision 3',
    );
    expect(release.revisions.get(3)).toMatchObject({
      auth: { tokenAuth: { enabled: true }, oidcAuth: { enabled: false } },
    });
  });

  it('puts the group that was just made on the list of allowed ones, and takes it off again', async () => {
    const release = new Release();
    const auth = { tokenAuth: { enabled: true }, groupAllowList: ['okta-admins'] };
    release.revisions.set(1, { auth });
    await release.apply();
    expect(release.revisions.get(2)).toMatchObject({
      auth: { groupAllowList: ['okta-admins', `kasten_azure_${GROUP}`], k10AdminGroups: ['okta-admins'] },
    });
    release.revisions.delete(1);
    expect(await release.undo()).toBe('auth as before, now revision 3');
    expect(release.revisions.get(3)).toEqual({ auth });
  });

  it('says that there is no way back where nobody noted what was before', async () => {
    const release = new Release();
    await release.apply();
    delete release.memory['authBefore'];
    release.revisions.delete(1);
    await expect(release.undo()).rejects.toThrow('Helm has no revision 1.');
  });

  it('takes back only sign-in when somebody changed other values since', async () => {
    const release = new Release();
    await release.apply();
    release.add({ clusterName: 'new', auth: SIGN_IN });
    await release.undo();
    expect(release.revisions.get(release.revision)).toEqual({ ...BARE, clusterName: 'new' });
    expect(release.done.some((what) => what.startsWith('rollback'))).toBe(false);
  });

  it('puts on top again what somebody else upgraded to just before it, and goes back to that', async () => {
    const release = new Release();
    release.others = [{ ...BARE, clusterName: 'theirs' }];
    expect(await release.apply()).toBe('revision 4');
    expect(release.revisions.get(4)).toMatchObject({
      clusterName: 'theirs',
      auth: { oidcAuth: { enabled: true } },
    });
    await release.undo();
    expect(release.done.at(-1)).toBe('rollback to 2, remembering 5');
    expect(release.revisions.get(5)).toEqual({ ...BARE, clusterName: 'theirs' });
  });

  it.each([
    [3, 'before'],
    [3, 'after'],
    [4, 'before'],
    [4, 'after'],
  ] as const)('does so also where it was killed at note %d, %s it was taken', async (note, when) => {
    const release = new Release();
    release.others = [{ ...BARE, clusterName: 'theirs' }];
    release.killed = { note, when };
    await expect(release.apply()).rejects.toThrow('killed');
    expect(release.revision).toBe(3);
    release.killed = undefined;
    expect(await release.apply()).toBe('revision 4');
    expect(release.revisions.get(4)).toMatchObject({
      clusterName: 'theirs',
      auth: { oidcAuth: { enabled: true } },
    });
    await release.undo();
    expect(release.revisions.get(5)).toEqual({ ...BARE, clusterName: 'theirs' });
  });

  it('does so while sign-in is taken back, also where it was killed in between', async () => {
    const release = new Release();
    await release.apply();
    const { auth } = release.revisions.get(2) ?? {};
    release.add({ clusterName: 'new', auth: auth ?? {} });
    release.others = [{ clusterName: 'newer', auth: auth ?? {} }];
    release.killed = { note: 2, when: 'before' };
    await expect(release.undo()).rejects.toThrow('killed');
    release.killed = undefined;
    expect(await release.undo()).toBe('auth as revision 1, now revision 6');
    expect(release.revisions.get(6)).toEqual({ ...BARE, clusterName: 'newer' });
  });

  it('knows by what Helm says of a revision that it is not its own', async () => {
    const release = new Release();
    await release.apply();
    const { auth } = release.revisions.get(2) ?? {};
    release.add({ clusterName: 'new', auth: auth ?? {} });
    release.add(release.revisions.get(2) ?? {});
    expect(await release.apply()).toBe('revision 4');
    expect(release.done).toHaveLength(1);
  });

  it('upgrades once where what somebody else did in between changed nothing', async () => {
    const release = new Release();
    release.others = [BARE];
    expect(await release.apply()).toBe('revision 3');
    await release.undo();
    expect(release.done.at(-1)).toBe('rollback to 2, remembering 4');
  });

  it('keeps the values of somebody who upgrades while sign-in is taken back', async () => {
    const release = new Release();
    await release.apply();
    const { auth } = release.revisions.get(2) ?? {};
    release.add({ clusterName: 'new', auth: auth ?? {} });
    release.others = [{ clusterName: 'newer', auth: auth ?? {} }];
    expect(await release.undo()).toBe('auth as revision 1, now revision 6');
    expect(release.revisions.get(6)).toEqual({ ...BARE, clusterName: 'newer' });
  });

  it('leaves the release to somebody who upgrades again and again', async () => {
    const release = new Release();
    release.others = [1, 2, 3].map((run) => ({ ...BARE, run }));
    await expect(release.apply()).rejects.toMatchObject({ code: 'helm.others-at-work' });
    expect(release.done.at(-1)).toBe('rollback to 6, remembering 8');
    expect(release.revisions.get(8)).toEqual({ ...BARE, run: 3 });
  });

  it("leaves somebody else's revision alone when its own upgrade came too late", async () => {
    const release = new Release();
    release.upgradeFails = new KastellanError({ code: 'helm.locked', message: 'Locked.', retry: LATER });
    const applied = release.apply();
    release.add({ clusterName: 'new' }, 'pending-upgrade');
    await expect(applied).rejects.toMatchObject({ code: 'helm.locked' });
    expect(release.done.some((what) => what.startsWith('rollback'))).toBe(false);
  });
});
