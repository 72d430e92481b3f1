import type { JsonObject } from './json.ts';

interface CustomKind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  cluster?: boolean;
}

/** The families of custom resources a K10 cluster may or may not have. */
export type CustomFamily = 'kasten' | 'k10-operator' | 'argo' | 'flux' | 'openshift';

const kasten: CustomKind[] = [
  ...['Backup', 'Restore', 'Export', 'Import', 'Run', 'Cancel', 'Retire'].map((word) => ({
    group: 'actions.kio.kasten.io',
    version: 'v1alpha1',
    kind: `${word}Action`,
    plural: `${word.toLowerCase()}actions`,
    cluster: ['Run', 'Cancel', 'Retire'].includes(word),
  })),
  { group: 'config.kio.kasten.io', version: 'v1alpha1', kind: 'Policy', plural: 'policies' },
  { group: 'config.kio.kasten.io', version: 'v1alpha1', kind: 'Profile', plural: 'profiles' },
  { group: 'apps.kio.kasten.io', version: 'v1alpha1', kind: 'RestorePoint', plural: 'restorepoints' },
  { group: 'apps.kio.kasten.io', version: 'v1alpha1', kind: 'Application', plural: 'applications' },
  { group: 'vault.kio.kasten.io', version: 'v1alpha1', kind: 'Passkey', plural: 'passkeys', cluster: true },
  {
    group: 'repositories.kio.kasten.io',
    version: 'v1alpha1',
    kind: 'StorageRepository',
    plural: 'storagerepositories',
  },
  {
    group: 'datamover.kio.kasten.io',
    version: 'v1alpha1',
    kind: 'FileRecoverySession',
    plural: 'filerecoverysessions',
  },
  { group: 'dr.kio.kasten.io', version: 'v1alpha1', kind: 'KastenDRRestore', plural: 'kastendrrestores' },
];

const families: Record<CustomFamily, CustomKind[]> = {
  kasten,
  'k10-operator': [{ group: 'apik10.kasten.io', version: 'v1alpha1', kind: 'K10', plural: 'k10s' }],
  argo: [{ group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', plural: 'applications' }],
  flux: [
    { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease', plural: 'helmreleases' },
    { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'HelmRepository', plural: 'helmrepositories' },
  ],
  openshift: [{ group: 'route.openshift.io', version: 'v1', kind: 'Route', plural: 'routes' }],
};

/** The CustomResourceDefinition objects of a family, ready to be created. */
export function definitionsOf(family: CustomFamily): JsonObject[] {
  return families[family].map((custom) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${custom.plural}.${custom.group}` },
    spec: {
      group: custom.group,
      names: {
        kind: custom.kind,
        listKind: `${custom.kind}List`,
        plural: custom.plural,
        singular: custom.kind.toLowerCase(),
      },
      scope: custom.cluster ? 'Cluster' : 'Namespaced',
      versions: [
        {
          name: custom.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      ],
    },
  }));
}
