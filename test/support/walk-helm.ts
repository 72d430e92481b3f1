import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Walk } from './walk.ts';

export interface SomebodysHelm {
  /** The user's values of the release. */
  values(revision?: number): Promise<Record<string, unknown>>;
  /** Upgrades with just these values, at the version that is installed unless another is given. */
  upgrade(values: Record<string, unknown>, version?: string): Promise<void>;
  /** The revision, status and chart of the release. */
  state(): Promise<{ revision: string; status: string; chart: string }>;
}

/** Helm in the hands of a person who looks after the first cluster. */
export async function somebodysHelm({ home, sandbox }: Walk): Promise<SomebodysHelm> {
  const cwd = await mkdtemp(join(home, 'helm-'));
  const kubeconfig = sandbox.clusters[0]?.kubeconfig ?? '';
  const helm = async (args: string[], input?: unknown): Promise<string> => {
    const all = [...args, '--kubeconfig', kubeconfig, '--namespace', 'kasten-io'];
    const { stdout } = await execa(sandbox.environment['KASTELLAN_HELM'] ?? 'helm', all, {
      ...(input === undefined ? {} : { input: JSON.stringify(input) }),
      cwd,
      env: { HOME: cwd, PATH: '/usr/bin:/bin' },
      extendEnv: false,
    });
    return stdout;
  };
  return {
    async values(revision) {
      const which = revision === undefined ? [] : ['--revision', String(revision)];
      return JSON.parse(await helm(['get', 'values', 'k10', '-o', 'json', ...which]));
    },
    async upgrade(values, version = '7.5.10') {
      const from = ['--repo', sandbox.repository.url, '--version', version];
      await helm(['upgrade', 'k10', 'k10', ...from, '--reset-values', '--values', '-', '--wait'], values);
    },
    async state() {
      const [release] = JSON.parse(await helm(['list', '-o', 'json']));
      return release;
    },
  };
}
