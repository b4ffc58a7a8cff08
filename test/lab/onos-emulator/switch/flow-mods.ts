import type { ChildProcess } from 'node:child_process';
import { ended, startOfctl, type Bridge, type Ended } from './ofctl.js';

interface Batch {
  readonly lines: readonly string[];
  readonly done: () => void;
}

/**
 * Changes of one bridge's rules, in order. What arrives while a batch is on its way goes out together in the next. The ovs-ofctl that
 * takes it runs already and waits for its input: it connects when that ends, so a batch costs 2 ms instead of the 6 of a new process.
 */
export class FlowMods {
  private waiting: Batch[] = [];
  private warm: { child: ChildProcess; end: Promise<Ended> } | undefined;
  private busy = false;
  private closed = false;

  constructor(
    private readonly bridge: Bridge,
    private readonly log: (message: string) => void,
  ) {
    this.warmUp();
  }

  /** Resolves when the switch has confirmed (barrier), or when it can't be reached: the next reconciliation mends that. */
  send(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return Promise.resolve();
    return new Promise((done) => {
      this.waiting.push({ lines, done });
      if (!this.busy) {
        this.busy = true;
        setImmediate(() => void this.drain());
      }
    });
  }

  close(): void {
    this.closed = true;
    this.warm?.child.kill('SIGKILL');
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batches = this.waiting;
      this.waiting = [];
      await this.apply(batches.flatMap(({ lines }) => lines));
      for (const { done } of batches) done();
    }
    this.busy = false;
  }

  private async apply(lines: readonly string[]): Promise<void> {
    const { code, stderr } = await this.run(lines);
    if (code === 0) return;
    // A line that ovs-ofctl can't read keeps the whole batch from being sent; one that the switch refuses keeps back nothing else.
    if (lines.length > 1 && stderr.includes('ovs-ofctl: -:')) for (const line of lines) await this.run([line]);
    else this.log(`${this.bridge.name}: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  }

  private async run(lines: readonly string[]): Promise<Ended> {
    if (this.warm?.child.exitCode !== null) this.warmUp();
    const { child, end } = this.warm!;
    this.warm = undefined;
    child.stdin?.end(`${lines.join('\n')}\n`);
    setTimeout(() => this.warmUp(), 1); // the answer to the request goes first
    return end;
  }

  private warmUp(): void {
    if (this.closed || this.warm !== undefined) return;
    const child = startOfctl(this.bridge, 'add-flows', ['-']);
    this.warm = { child, end: ended(child) };
  }
}
