import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { helmBinary, kubectlBinary } from '../../sandbox/tools/helm.ts';
import { read } from '../support/pages.ts';
import { type RealCluster, startRealCluster } from './support/real-cluster.ts';

const DEPLOY = new URL('../../deploy', import.meta.url).pathname;
// What create-identity.sh prints; another test runs that.
const IDENTITY = `entra:
  tenantId: 11111111-2222-4333-8444-555555555555
  clientId: 22222222-3333-4444-8555-666666666666
`;

describe('The guide to a real tenant', () => {
  const guide = read('docs/getting-started.md');
  let cluster: RealCluster;
  let kubeconfig: string;

  beforeAll(async () => {
    cluster = await startRealCluster();
    kubeconfig = await cluster.kubeconfig();
    await symlink(DEPLOY, join(cluster.folder, 'deploy'));
    await writeFile(join(cluster.folder, 'identity.yaml'), IDENTITY);
    await writeFile(join(cluster.folder, 'values.yaml'), block('yaml', 'approvalsChannel'));
    await program('kubectl', await kubectlBinary());
    await program('helm', await helmBinary(4));
    await shell('kubectl create namespace kasten-io');
  });
  afterAll(() => cluster?.stop());

  /** The block of the guide that has these words in it. */
  function block(language: string, words: string): string {
    const blocks = [...guide.matchAll(/```(\w+)\n([\s\S]*?)```/g)];
    const found = blocks.find(([, of, text = '']) => of === language && text.includes(words))?.[2];
    if (found === undefined) throw new Error(`The guide has no ${language} with "${words}" any more`);
    return found;
  }

  async function program(name: string, path: string): Promise<void> {
    await symlink(path, join(cluster.folder, name));
  }

  async function shell(script: string): Promise<string> {
    const env = { PATH: `${cluster.folder}:/usr/bin:/bin`, HOME: cluster.folder, KUBECONFIG: kubeconfig };
    const { stdout } = await execa('bash', ['-euo', 'pipefail', '-c', script], {
      env,
      extendEnv: false,
      cwd: cluster.folder,
    });
    return stdout;
  }

  it('installs Kastellan by the commands that stand in it, as they stand there', async () => {
    await shell(block('sh', 'kubectl create namespace kastellan'));
    await shell(block('sh', 'helm install kastellan '));
    const env = await shell(
      'kubectl -n kastellan get deployment kastellan --output \'jsonpath={..env[?(@.name=="SLACK_APP_TOKEN")]}\'',
    );
    expect(JSON.parse(env)).toMatchObject({ valueFrom: { secretKeyRef: { name: 'kastellan' } } });
    const config = await shell("kubectl -n kastellan get configmap kastellan --output 'jsonpath={.data}'");
    expect(config).toContain('11111111-2222-4333-8444-555555555555');
    expect(await shell('kubectl -n kastellan rollout restart deployment')).toContain('kastellan restarted');
    await shell('helm uninstall kastellan --namespace kastellan');
  });

  it('gives a Kastellan elsewhere a kubeconfig with the rights that it needs here, and not with more', async () => {
    await shell(block('sh', 'accessOnly.enabled=true'));
    const may = (what: string) =>
      shell(`kubectl --kubeconfig prod-us auth can-i ${what} 2>/dev/null || true`);
    expect(await may('create clusterrolebindings')).toBe('yes');
    expect(await may('patch deployments --namespace kasten-io')).toBe('yes');
    expect(await may('patch deployments --namespace default')).toBe('no');
    expect(await may('delete nodes')).toBe('no');
    const created = await shell(
      /`(kubectl -n kastellan create secret generic kubeconfigs [^`]+)`/.exec(guide)?.[1] ?? 'false',
    );
    expect(created).toContain('secret/kubeconfigs created');
  });
});
