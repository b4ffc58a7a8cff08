import { createInterface } from 'node:readline';
import type { ChildProcess } from 'node:child_process';
import { startOfctl, type Bridge } from './ofctl.js';

const RETRY_MS = 200;

export interface MonitorEvents {
  /** The switch answers. */
  up(): void;
  /** It went away. */
  down(): void;
  /** A port was added, changed or removed. */
  ports(): void;
  /** Someone or something deleted the rules of this cookie (hexadecimal with 0x). */
  deleted(cookie: string): void;
}

/** The events of one bridge, as long as `ovs-ofctl monitor` lives; started again when the switch comes back. */
export class Monitor {
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly bridge: Bridge,
    private readonly on: MonitorEvents,
  ) {}

  start(): void {
    // A miss length makes the switch send port status to a connection like this one.
    const child = (this.child = startOfctl(this.bridge, 'monitor', ['1', 'watch:']));
    let up = false;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (!up && line.startsWith('ONFST_FLOW_MONITOR')) {
        up = true;
        this.on.up();
      }
    });
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (line.startsWith('OFPT_PORT_STATUS')) this.on.ports();
      const cookie = /^ event=DELETED .*?cookie=(0x[\da-f]+|0)/.exec(line)?.[1];
      if (cookie !== undefined) this.on.deleted(cookie);
    });
    child.stdin?.on('error', () => undefined);
    child.on('error', () => undefined);
    child.once('close', () => {
      if (up && !this.closed) this.on.down();
      if (!this.closed) this.timer = setTimeout(() => this.start(), RETRY_MS);
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.child?.kill('SIGKILL');
  }
}
