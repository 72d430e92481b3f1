import { asKastellanError } from '../../domain/errors.ts';
import type { RenderedObject } from '../../domain/setup/manifest.ts';
import { rightsObstacles, verbsOfUpgrade } from '../../domain/setup/rights-review.ts';
import type { Finding } from '../../ports/finding.ts';
import type { InstalledRelease, Releases } from '../../ports/releases.ts';
import { type ChartSource, describeSource } from './chart.ts';
import type { HelmVersion } from './version.ts';

interface Helm {
  readonly release: string;
  readonly namespace: string;
  readonly chart: ChartSource;
  readonly version: () => Promise<HelmVersion>;
  readonly find: () => Promise<InstalledRelease | undefined>;
  readonly checkChart: (version: string) => Promise<void>;
  readonly manifest: () => Promise<RenderedObject[]>;
  readonly reviewRights: Releases['reviewRights'];
}

/** Looks at the Helm program, the release and the chart's source; changes nothing and raises nothing. */
export async function checkHelm(helm: Helm): Promise<Finding[]> {
  const program = await check('Helm', async () => good('Helm', (await helm.version()).text));
  if (program.verdict !== 'good') return [program];
  const subject = `Helm release ${helm.release}`;
  let found: InstalledRelease | undefined;
  const release = await check(subject, async () => {
    found = await helm.find();
    return describeRelease(subject, helm, found);
  });
  return [
    program,
    release,
    ...(await Promise.all([checkSource(helm, found), ...(found === undefined ? [] : [checkObjects(helm)])])),
  ];
}

function describeRelease(subject: string, helm: Helm, found: InstalledRelease | undefined): Finding {
  if (found === undefined) {
    return {
      subject,
      verdict: 'bad',
      detail: `There is none in the namespace ${helm.namespace}.`,
      fix: 'Correct the release and namespace in the configuration: "helm list -A" shows them.',
    };
  }
  const detail = `${found.chart} ${found.chartVersion}, revision ${found.revision}, ${found.status}`;
  if (found.chart !== helm.chart.name) {
    return { subject, verdict: 'bad', detail, fix: `Set the chart's name to ${found.chart}.` };
  }
  if (found.status === 'deployed') return good(subject, detail);
  const fix = `Look at "helm history ${helm.release} -n ${helm.namespace}".`;
  return { subject, verdict: 'bad', detail, fix };
}

async function checkSource(helm: Helm, found: InstalledRelease | undefined): Promise<Finding> {
  const subject = `Chart source ${describeSource(helm.chart)}`;
  if (found === undefined) {
    return {
      subject,
      verdict: 'unknown',
      detail: 'Which version it must have is not known without the release.',
      fix: 'Put the release right first.',
    };
  }
  return check(subject, async () => {
    await helm.checkChart(found.chartVersion);
    return good(subject, `has ${found.chart} ${found.chartVersion}`);
  });
}

/** Whether Helm's account may upgrade every object that the release has. */
async function checkObjects(helm: Helm): Promise<Finding> {
  const subject = `Kubernetes rights to upgrade what is in ${helm.release}`;
  return check(subject, async () => {
    const objects = await helm.manifest();
    const review = await helm.reviewRights(verbsOfUpgrade(objects, objects));
    const obstacles = rightsObstacles(review);
    if (obstacles.length === 0) return good(subject, `on all ${objects.length} objects`);
    const details = obstacles.flatMap((obstacle) => obstacle.details ?? []).join('---\n');
    return {
      subject,
      verdict: 'bad',
      detail: obstacles.map(({ message }) => message).join(' '),
      fix: obstacles.map(({ hint = '' }) => hint).join(' '),
      ...(details !== '' && { details }),
    };
  });
}

function good(subject: string, detail: string): Finding {
  return { subject, verdict: 'good', detail };
}

async function check(subject: string, ask: () => Promise<Finding>): Promise<Finding> {
  try {
    return await ask();
  } catch (thrown) {
    const problem = asKastellanError(thrown);
    return { subject, verdict: 'bad', detail: problem.message, fix: problem.hint ?? 'Look at the logs.' };
  }
}
