/**
 * A command line for a program that the kernel signals when this process dies, even by `kill -9`: what a test or the
 * demo starts does not outlive it, and holds no pipe of it open.
 * @see https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
 */
export function dependent(
  signal: 'KILL' | 'TERM',
  command: string,
  flags: readonly string[],
): [command: string, flags: string[]] {
  return ['setpriv', ['--pdeathsig', signal, '--', command, ...flags]];
}
