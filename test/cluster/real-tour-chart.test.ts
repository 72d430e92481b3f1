import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { describeTour } from './suites/tour.ts';
import { installChart } from './support/install-chart.ts';

describeTour({
  helm: 4,
  rights: ', with the rights that the chart gives',
  sandbox: () => ({ giveRights: (kubeconfig) => installChart(kubeconfig, {}) }),
});

describeTour({
  helm: 4,
  rights: ', with an account of its own for upgrades',
  sandbox: (home) => ({
    giveRights: (kubeconfig) => installChart(kubeconfig, { rbac: { upgradeAccount: true } }),
    adjust: {
      configuration: (usual) => ({
        ...usual,
        clusters: usual.clusters.map((cluster) => ({
          ...cluster,
          helm: { kubeconfig: kubeconfigForUpgrades(cluster.kubeconfig, home) },
        })),
      }),
    },
  }),
});

/** As the chart writes it into the ConfigMap: the same account, acting as the other. */
function kubeconfigForUpgrades(own: string, home: string): string {
  const config = load(readFileSync(own, 'utf8')) as { users: { user: object }[] };
  const users = config.users.map((entry) => ({
    ...entry,
    user: { ...entry.user, as: 'system:serviceaccount:kastellan:kastellan-upgrade' },
  }));
  const path = join(home, 'kubeconfig-upgrade.yaml');
  writeFileSync(path, dump({ ...config, users }), { mode: 0o600 });
  return path;
}
