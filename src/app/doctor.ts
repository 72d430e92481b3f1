import { checkRedis } from '../adapters/redis/facts.ts';
import { createStoreMemory } from '../adapters/redis/memory.ts';
import type { Settings } from '../config/load.ts';
import { asKastellanError } from '../domain/errors.ts';
import { auditFindings } from '../operations/audit/audit-key.ts';
import { runHealthChecks } from '../operations/status/run-health-checks.ts';
import type { DoctorReport } from '../operations/status/status-report.ts';
import { memoryFindings } from '../operations/status/watch-memory.ts';
import { buildFinding, readBuild } from '../ops/build.ts';
import type { Finding } from '../ports/finding.ts';
import type { Log } from '../ports/telemetry.ts';
import { findSlackScopes } from '../slack/status/findings.ts';
import { openAuditKeys } from './audit-keys.ts';
import { openAnchors } from './open-anchors.ts';
import { openClusters } from './open-clusters.ts';
import { openEntra } from './open-entra.ts';
import { openRedis } from './open-redis.ts';

const MARKS = { good: 'ok  ', bad: 'BAD ', unknown: '?   ', optional: '-   ' } as const;

/**
 * Looks at everything Kastellan depends on and writes each finding with its fix.
 * @returns the exit code: 1 where something is bad
 */
export async function runDoctor(
  settings: Settings,
  log: Log,
  out: { write(text: string): unknown },
): Promise<number> {
  const world = { ...openEntra(settings), openCluster: await openClusters(settings, log) };
  const report = await runHealthChecks(world, [
    {
      title: 'Kastellan',
      check: async () => [buildFinding(readBuild(settings.environment.KASTELLAN_COMMIT))],
    },
    { title: 'Slack', check: () => checkSlack(settings) },
    { title: 'Redis', check: () => checkOwnRedis(settings, log) },
    {
      title: 'Audit log',
      check: async () => auditFindings(openAuditKeys(settings).current?.id, await openAnchors(settings)),
    },
  ]);
  out.write(doctorText(report));
  const isBad = report.sections.some(({ findings }) => findings.some(({ verdict }) => verdict === 'bad'));
  return isBad ? 1 : 0;
}

function checkSlack({ environment, configuration }: Settings): Promise<Finding[]> {
  const { apiUrl, ...channels } = configuration.slack;
  return findSlackScopes(environment.SLACK_BOT_TOKEN, apiUrl, channels);
}

async function checkOwnRedis(settings: Settings, log: Log): Promise<Finding[]> {
  try {
    const redis = await openRedis(settings, log);
    try {
      const memory = await memoryFindings(createStoreMemory(redis.requests));
      return [...(await checkRedis(redis.requests)), ...memory];
    } finally {
      await redis.close();
    }
  } catch (thrown) {
    const error = asKastellanError(thrown);
    if (error.code !== 'embedded-redis.folder-in-use') throw thrown;
    return [{ subject: 'Redis', verdict: 'good', detail: 'a running Kastellan uses the private one' }];
  }
}

function doctorText({ sections }: DoctorReport): string {
  const lines = sections.flatMap(({ title, findings }) => [
    `\n${title}`,
    ...findings.flatMap(({ subject, verdict, detail, fix, details }) => [
      `  ${MARKS[verdict]} ${subject}: ${detail}`,
      ...(fix === undefined || verdict === 'good' ? [] : [`       ${fix}`]),
      // From the first column on, so that it can be copied as it is.
      ...(details === undefined ? [] : [`\n${details}`]),
    ]),
  ]);
  return `${lines.join('\n').trimStart()}\n`;
}
