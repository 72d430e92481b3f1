import { KastellanError } from '../../domain/errors.ts';

export interface HelmVersion {
  readonly major: 3 | 4;
  /** As Helm says it: `v3.18.0`. */
  readonly text: string;
}

/**
 * Reads what `helm version --template {{.Version}}` prints.
 * @throws KastellanError `helm.version-unsupported` for anything but Helm 4 and Helm 3 from 3.14 on
 */
export function parseHelmVersion(output: string): HelmVersion {
  const text = output.trim();
  const match = /^v?(\d+)\.(\d+)\./.exec(text);
  const major = Number(match?.[1]);
  if (major === 4) return { major, text };
  if (major === 3 && Number(match?.[2]) >= 14) return { major, text };
  throw new KastellanError({
    code: 'helm.version-unsupported',
    message: `Kastellan works with Helm 4 and with Helm 3 from 3.14 on; this one calls itself ${JSON.stringify(text.slice(0, 80))}.`,
    hint: 'Install a Helm that Kastellan knows and name it in the configuration.',
  });
}
