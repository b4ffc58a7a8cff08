import type { ChildProcess } from 'node:child_process';
import type { Lab } from '../lab/lab.js';

const EVERY_S = '0.02';

/** Pings until it is stopped. What is still on its way then is not counted. */
export class Bystander {
  private readonly child: ChildProcess;
  private readonly done: Promise<void>;
  private out = '';

  constructor(lab: Lab, namespace: string, from: string, to: string) {
    this.child = lab.spawn(namespace, ['ping', '-n', '-i', EVERY_S, '-I', from, to]);
    this.child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.done = new Promise((resolve) => this.child.once('exit', () => resolve()));
  }

  async stop(): Promise<{ readonly sent: number; readonly lost: number }> {
    this.child.kill('SIGINT'); // ping writes what it has
    await this.done;
    const answered = new Set([...this.out.matchAll(/icmp_seq=(\d+) ttl/g)].map(([, seq]) => Number(seq)));
    const sent = Math.max(0, ...answered);
    // Without one answer nothing was on its way: all are lost.
    const all = Number(/(\d+) packets transmitted/.exec(this.out)?.[1] ?? 0);
    return sent === 0 ? { sent: all, lost: all } : { sent, lost: sent - answered.size };
  }
}
