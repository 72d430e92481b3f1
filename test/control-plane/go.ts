import { execa } from 'execa';
import { fetchGo } from './go-toolchain.ts';

/** How to run Go. */
export interface Go {
  readonly command: string;
  readonly environment: Record<string, string>;
}

const OLDEST_MINOR = 21;

/**
 * The installed Go, or one that is fetched when there is none or an old one. It need not be the newest: from 1.21 on, Go
 * itself fetches the one that go.mod asks for (https://go.dev/doc/toolchain).
 * @throws Error that says what to install
 */
export async function findGo(): Promise<Go> {
  const environment = { GOTOOLCHAIN: 'auto', GOFLAGS: '-mod=readonly -buildvcs=false' };
  const { stdout, failed } = await execa('go', ['env', 'GOVERSION'], {
    reject: false,
    env: { GOTOOLCHAIN: 'local' },
  });
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  if (!failed && major === '1' && Number(minor) >= OLDEST_MINOR) return { command: 'go', environment };
  try {
    return { command: await fetchGo(), environment };
  } catch (cause) {
    throw new Error(
      `The tests on a real control plane need Go 1.${OLDEST_MINOR} or later, to build it once, and it could not be ` +
        'fetched. Install it from https://go.dev/dl/, or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, ' +
        'kube-controller-manager, kube-scheduler, etcd and kwok.',
      { cause },
    );
  }
}
