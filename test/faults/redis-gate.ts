import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

type Hold = () => Promise<void>;

/**
 * The address at which Kastellan finds its Redis. What Redis answers can be held here until whoever watches has heard of
 * the command, so that a process is killed at the moment that was meant and not a little later.
 */
export class RedisGate {
  readonly #server: Server;
  readonly #redisPort: number;
  readonly #open = new Set<Socket>();
  /** The addresses of Kastellan's ends, by those of the ends that Redis sees. */
  readonly #clients = new Map<string, string>();
  #hold: Hold | undefined;

  private constructor(redisPort: number) {
    this.#redisPort = redisPort;
    this.#server = createServer((client) => this.#join(client));
  }

  static async open(redisPort: number): Promise<RedisGate> {
    const gate = new RedisGate(redisPort);
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From where Kastellan came here whom Redis sees as coming from this address (`127.0.0.1:40312`). */
  clientOf(address: string): string | undefined {
    return this.#clients.get(address);
  }

  /** From now on each answer is handed on once this resolves; undefined: at once. */
  holdAnswers(hold: Hold | undefined): void {
    this.#hold = hold;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #join(client: Socket): void {
    const redis = connect(this.#redisPort, '127.0.0.1');
    const seenFrom = (): string => `127.0.0.1:${redis.localPort}`;
    redis.once('connect', () => this.#clients.set(seenFrom(), `127.0.0.1:${client.remotePort}`));
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      this.#open.add(one);
      one.setNoDelay(true);
      // Whoever breaks off or is not there is seen to be gone at the other end, too.
      one.on('error', () => other.destroy());
      one.once('close', () => {
        this.#open.delete(one);
        other.end();
      });
    }
    client.pipe(redis);
    redis.pipe(this.#answers()).pipe(client);
  }

  #answers(): Transform {
    return new Transform({
      transform: (chunk, _encoding, done) => {
        const heard = this.#hold?.() ?? Promise.resolve();
        heard.then(() => done(null, chunk), done);
      },
    });
  }
}
