/** Prints what happens as it happens, and keeps count of what was proved. */
export class Transcript {
  #failed = 0;
  #held = 0;
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  get failed(): number {
    return this.#failed;
  }

  get held(): number {
    return this.#held;
  }

  chapter(title: string): void {
    this.#print(`\n${title}\n${'-'.repeat(title.length)}`);
  }

  /** What a person does. */
  does(who: string, what: string): void {
    this.#print(`  ${who} ${what}`);
  }

  /** What a person reads. */
  reads(who: string, text: string): void {
    for (const line of text.split('\n')) this.#print(`    ${who} reads | ${line}`);
  }

  /** A claim about the world, looked at from outside of Kastellan. */
  proves(claim: string, holds: boolean, instead?: unknown): void {
    if (holds) this.#held += 1;
    else this.#failed += 1;
    const detail = holds || instead === undefined ? '' : `: ${JSON.stringify(instead)}`;
    this.#print(`  ${holds ? 'PROVED' : 'FAILED'}  ${claim}${detail}`);
  }
}
