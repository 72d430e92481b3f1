import type { Json } from '../json.ts';
import type { Journal, StepRecord } from './journal.ts';
import type { Change, Plan } from './plan.ts';
import type { Request } from './request.ts';

/** The whole plan as plain text: every change with each value before and after. */
export function planDetails(plan: Plan, digest: string): string {
  const handOver =
    plan.handOver === undefined ? [] : [`Values for ${plan.handOver.keeper}:`, plan.handOver.values];
  return [
    `Plan ${digest}`,
    ...(plan.warnings ?? []).map((warning) => `! ${warning}`),
    ...plan.changes.flatMap(changeLines),
    ...plan.notes,
    ...(plan.details ?? []),
    ...handOver,
  ].join('\n');
}

function changeLines({ sign, system, summary, differences }: Change): string[] {
  const values = differences.map(({ path, before, after }) => {
    if (before === undefined) return `      ${path}: ${after}`;
    return `      ${path}: ${before} -> ${after ?? '(removed)'}`;
  });
  return [`${sign} ${system}: ${summary}`, ...values];
}

/** What each step did, with what it found or made by id, as plain text. */
export function runDetails(request: Request, journal: Journal): string {
  const { failure } = request;
  const head = failure === undefined ? [] : [`${failure.code}, reference ${failure.reference}`];
  const steps = (request.steps ?? []).flatMap(({ name, title }) => {
    const record = journal[name];
    return record === undefined ? [`not begun: ${title}`] : stepLines(title, record);
  });
  return [...head, ...steps].join('\n');
}

function stepLines(title: string, record: StepRecord): string[] {
  const words = [record.note, record.problem].filter((word) => word !== undefined);
  const known = Object.entries(record.memory).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  );
  return [
    [`${record.state}: ${title}`, ...words].join(' - '),
    ...known.map(([key, value]: [string, Json]) => `      ${key}: ${String(value)}`),
  ];
}
