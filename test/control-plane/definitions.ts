import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import { findGo } from './go.ts';

const moduleSchema = z.object({ Dir: z.string(), Sum: z.string() });
const here = fileURLToPath(new URL('.', import.meta.url));

/** Where those who define a custom resource publish it: in the source of its operator, with the sum that go.sum would have. */
const SOURCES = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    files: ['servicemonitors', 'prometheusrules'].map(
      (kind) => `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`,
    ),
  },
  {
    module: 'github.com/external-secrets/external-secrets@v0.20.4',
    sum: 'h1:HhNAjWfFEshhItphr28SGsHzf2bUP7uDAOVLg76uNAg=',
    files: ['config/crds/bases/external-secrets.io_externalsecrets.yaml'],
  },
];

/**
 * Fetches the definitions of the custom resources that the chart makes; Go keeps them.
 * @returns paths of YAML files
 * @throws Error when there is no Go, a module cannot be fetched, or is another one than it was
 */
export async function fetchDefinitions(): Promise<string[]> {
  const { command, environment } = await findGo();
  const found = await Promise.all(
    SOURCES.map(async ({ module, sum, files }) => {
      const args = ['mod', 'download', '-json', module];
      const { stdout } = await execa(command, args, { cwd: here, env: environment });
      const fetched = moduleSchema.parse(JSON.parse(stdout));
      if (fetched.Sum !== sum) throw new Error(`${module} has the sum ${fetched.Sum}, not ${sum}`);
      return files.map((file) => join(fetched.Dir, file));
    }),
  );
  return found.flat();
}
