import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { Walk } from '../support/walk.ts';
import { somebodysHelm } from '../support/walk-helm.ts';
import { applicationOf, secretTexts } from '../support/walk-state.ts';

const TOKEN_AUTH = { tokenAuth: { enabled: true } };
// An integer that a template prints as 1.00071e+09 once Helm has read it back.
const INTEGER = ['--set', 'limiter.snapshotExportsPerAction=1000710000'];
const LIMITER = 'limiter.snapshotExportsPerAction';

// Each stands up a sandbox of its own.
describe('a Helm upgrade for sign-in', () => {
  let walk: Walk | undefined;

  afterEach(() => walk?.close());

  function config({ sandbox }: Walk): Readonly<Record<string, unknown>> {
    const data = sandbox.kubernetes.store.get('configmaps', 'kasten-io', 'k10-config')?.['data'];
    return structuredClone(data) as Readonly<Record<string, unknown>>;
  }

  /** Upgrades as somebody does who has settings that stand in no values. */
  async function upgrade({ sandbox, home }: Walk, ...more: string[]): Promise<void> {
    const { environment, clusters, repository } = sandbox;
    const cwd = await mkdtemp(join(home, 'somebody-'));
    const from = ['--repo', repository.url, '--version', '7.5.10'];
    const where = ['--kubeconfig', clusters[0]?.kubeconfig ?? '', '--namespace', 'kasten-io'];
    const args = ['upgrade', 'k10', 'k10', ...from, '--reuse-values', ...where, ...more];
    const env = { HOME: cwd, PATH: '/usr/bin:/bin' };
    await execa(environment['KASTELLAN_HELM'] ?? 'helm', args, { cwd, env, extendEnv: false });
  }

  /** Somebody's kustomize. */
  async function postRenderer({ home }: Walk): Promise<string> {
    const path = join(home, 'post.sh');
    await writeFile(path, `#!/bin/sh\nexec sed 's/^  loglevel: .*/  loglevel: "debug"/'\n`, { mode: 0o755 });
    return path;
  }

  it('passes the secret by reference where the chart can, whatever its user has taken away', async () => {
    const auth = { ...TOKEN_AUTH, oidcAuth: { clientSecretName: null } };
    walk = await Walk.start({ k10: { values: { auth } } });
    const card = await walk.runs(/now signs in|stopped at/, { addMe: ['admin'] });
    expect(textOf(card)).toMatch(/now signs in/);
    const values = JSON.stringify(await (await somebodysHelm(walk)).values());
    expect(values).toContain('"clientSecretName":"kastellan-');
    for (const secret of secretTexts(walk.sandbox, applicationOf(walk.sandbox)))
      expect(values).not.toContain(secret);
  });

  it('is refused where it would also change what has nothing to do with sign-in', async () => {
    walk = await Walk.start({ helm: 3 });
    await upgrade(walk, ...INTEGER, '--post-renderer', await postRenderer(walk));
    const before = config(walk);
    const card = await walk.gets(/not possible yet/);
    expect(textOf(card)).toContain('ConfigMap kasten-io/k10-config (data.loglevel: "debug"');
    expect(textOf(card)).not.toContain(LIMITER);
    expect(config(walk)).toEqual(before);
    expect(applicationOf(walk.sandbox)).toBeUndefined();
  });

  it('keeps integers as the chart printed them', async () => {
    walk = await Walk.start({ helm: 4 });
    await upgrade(walk, ...INTEGER);
    const before = config(walk);
    await walk.runs(/now signs in/, { addMe: ['admin'] });
    expect(config(walk)).toEqual(before);
    expect(before[LIMITER]).toBe('1000710000');
  });

  it('is shown with everything that it changes besides, first of all, where that is allowed', async () => {
    walk = await Walk.start({
      helm: 3,
      adjust: { configuration: (usual) => ({ ...usual, setup: { otherChanges: 'allow' } }) },
    });
    await upgrade(walk, '--post-renderer', await postRenderer(walk));
    const card = await walk.plan({ addMe: ['admin'] });
    expect(textOf(card)).toMatch(
      /^[^.]*\. The Helm upgrade also changes 1 object that is not part of the sign-in: ConfigMap kasten-io\/k10-config/,
    );
    await walk.approves(card);
    await walk.becomes(card, /now signs in/);
    expect(config(walk)['loglevel']).toBe('info');
  });
});
