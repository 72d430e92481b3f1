import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Finding } from '../ports/finding.ts';

/** Which Kastellan this is. */
export interface Build {
  readonly version: string;
  /** The commit it was built from; `unknown` if the build did not say. */
  readonly commit: string;
}

const manifest = z.object({ version: z.string() });

/** @param commit as the image was told when it was built */
export function readBuild(commit: string): Build {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return { version: manifest.parse(JSON.parse(text)).version, commit };
}

/** What the doctor says of it. */
export function buildFinding({ version, commit }: Build): Finding {
  return { subject: 'Version', verdict: 'good', detail: `${version}, commit ${commit}` };
}
