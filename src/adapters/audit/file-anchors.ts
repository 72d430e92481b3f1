import { open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KastellanError } from '../../domain/errors.ts';
import type { AnchorPlace } from '../../ports/audit-anchors.ts';

const anchorSchema = z.object({ sequence: z.int().min(1), hash: z.string(), at: z.string() });

/**
 * A file to which one line of JSON is appended for each anchor; on a volume that takes no other writes, if it can be had.
 * What it returns throws KastellanError `audit.anchors-unreadable`, `audit.anchor-not-written`.
 */
export function createFileAnchors(path: string): AnchorPlace {
  const failed = (code: string, what: string, cause: unknown) =>
    new KastellanError({
      code,
      message: `The file ${path} cannot be ${what}.`,
      hint: 'Look at its folder, its permissions and its content.',
      cause,
    });
  return {
    name: `file ${path}`,
    async read() {
      try {
        const lines = (await readFile(path, 'utf8')).split('\n');
        return lines.filter((line) => line.trim() !== '').map((line) => anchorSchema.parse(JSON.parse(line)));
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw failed('audit.anchors-unreadable', 'read', thrown);
      }
    },
    async write(anchor) {
      try {
        await using file = await open(path, 'a', 0o640);
        await file.appendFile(`${JSON.stringify(anchor)}\n`);
        await file.sync();
      } catch (thrown) {
        throw failed('audit.anchor-not-written', 'written', thrown);
      }
    },
  };
}
