import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { removePins } from '../../libs/bpf/src/index.js';

/** Two namespaces of our own, joined by a veth pair: `a0` in the one, `b0` in the other. Nobody else is met there. */
export class Wire {
  private readonly id = `gpb${randomBytes(2).toString('hex')}`;
  readonly a = `${this.id}a`;
  readonly b = `${this.id}b`;
  /** For the tap of this wire, or as the beginning of the names of several. */
  readonly pinDir = `/sys/fs/bpf/guardpost-bench-${this.id}`;

  constructor() {
    for (const ns of [this.a, this.b]) ip('netns', 'add', ns);
    ip(
      'link',
      'add',
      'a0',
      'netns',
      this.a,
      'address',
      '02:00:00:00:0a:01',
      'type',
      'veth',
      'peer',
      'name',
      'b0',
      'netns',
      this.b,
      'address',
      '02:00:00:00:0b:01',
    );
    for (const [ns, dev, address] of [
      [this.a, 'a0', '10.99.0.1/24'],
      [this.b, 'b0', '10.99.0.2/24'],
    ] as const) {
      ip('-n', ns, 'addr', 'add', address, 'dev', dev);
      for (const up of ['lo', dev]) ip('-n', ns, 'link', 'set', up, 'up');
    }
  }

  /** The command that runs another one inside; it keeps the eBPF file system. */
  inside(ns: string, ...command: string[]): [string, string[]] {
    return ['nsenter', [`--net=/run/netns/${ns}`, ...command]];
  }

  /** And what a tap of this wire that was killed has left. */
  remove(): void {
    for (const ns of [this.a, this.b]) ip('netns', 'del', ns);
    const [folder, name] = [dirname(this.pinDir), basename(this.pinDir)];
    for (const left of readdirSync(folder).filter((one) => one.startsWith(name))) removePins(join(folder, left));
  }
}

const ip = (...args: string[]): void => void execFileSync('ip', args);
