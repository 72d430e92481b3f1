import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { read } from '../support/pages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('ShellCheck finds nothing in any shell script', () => {
  const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  const scripts = files.filter((path) => /(^|\/)[\w-]+(\.sh)?$/.test(path) && isShell(path));
  expect(scripts).toContain('deploy/entra/create-identity.sh');
  expect(() => execFileSync('shellcheck', scripts, { cwd: ROOT, encoding: 'utf8' })).not.toThrow();
});

function isShell(path: string): boolean {
  return /^#!.*\b(ba)?sh\n/.test(read(path));
}
