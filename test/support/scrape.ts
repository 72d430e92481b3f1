import { setTimeout } from 'node:timers/promises';

const PATIENCE_MS = 300_000;
const EVERY_MS = 50;

/** One sample of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a process tells now. */
export async function scrape(healthUrl: string): Promise<Sample[]> {
  return parseScrape(await (await fetch(`${healthUrl}/metrics`)).text());
}

/** Scrapes as Prometheus does, again and again, until what is told matches: no process says when its figures change. */
export async function untilTold(
  healthUrl: string,
  what: string,
  matches: (samples: readonly Sample[]) => boolean,
): Promise<Sample[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const samples = await scrape(healthUrl);
    if (matches(samples)) return samples;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await setTimeout(EVERY_MS);
  }
}

/** What `/metrics` tells, read as Prometheus reads it; anything it would refuse is an error. */
export function parseScrape(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => {
      const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (parts === null) throw new Error(`No sample: ${line}`);
      const [, name = '', labels = '', value = ''] = parts;
      return { name, labels: labelsOf(labels), value: Number(value.replace('Inf', 'Infinity')) };
    });
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}

/** The sum of what all samples with this name and these labels say; undefined where there is none. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = samples.filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}
