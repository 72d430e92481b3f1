/**
 * Loaded into the local-slack binary (a Bun executable) before its own code, through BUN_OPTIONS.
 * local-slack has no setting for the address it listens on and takes all interfaces; nothing outside
 * this machine may reach a sandbox, so the one server it starts is told the address here.
 *
 * It also ends with whoever started it: the pipe on its standard input closes when that process dies, however it dies.
 */
interface ServeOptions {
  hostname?: string;
}

declare const Bun: { serve(options: ServeOptions): unknown };

const serve = Bun.serve.bind(Bun);
Bun.serve = (options) => serve({ ...options, hostname: '127.0.0.1' });

process.stdin.on('end', () => process.exit(0)).resume();
