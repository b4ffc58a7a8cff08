import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isMonitorReply, parseMonitorLine, type MonitorEvent } from './ovs-output.js';

const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 3_000;

export interface FlowMonitorOptions {
  readonly bridge: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onEvent: (event: MonitorEvent) => void;
  /** The monitor watches, from now on: what happened before must be read from the table. */
  readonly onWatching: () => void;
}

/** Streams what comes into and goes from a bridge's flow tables, as it happens. Comes back when the switch does. */
export class FlowMonitor {
  problem: string | undefined = 'not started';
  restarts = 0;
  private child: ChildProcess | undefined;
  private backoffMs = FIRST_BACKOFF_MS;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly options: FlowMonitorOptions) {}

  start(): void {
    const { bridge, env } = this.options;
    // setpriv: a tracer that is killed leaves no monitor behind. OVS prints later events on standard error.
    const args = ['--pdeathsig', 'KILL', 'ovs-ofctl', '-O', 'OpenFlow13', 'monitor', bridge, 'watch:'];
    const child = spawn('setpriv', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let said = '';
    let watching = false;
    const onLine = (line: string): void => {
      if (!watching && isMonitorReply(line)) {
        watching = true;
        this.problem = undefined;
        this.backoffMs = FIRST_BACKOFF_MS;
        this.options.onWatching();
      }
      const event = parseMonitorLine(line);
      if (event !== undefined) this.options.onEvent(event);
      else if (line.startsWith('ovs-ofctl:')) said = line;
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
    child.on('error', (error) => this.again(error.message)); // it could not be started
    child.on('close', () => this.again(said || 'the flow monitor ended'));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    await new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.kill('SIGTERM');
    });
  }

  private again(problem: string): void {
    this.problem = problem;
    if (this.stopped) return;
    clearTimeout(this.timer); // a child that could not be started says both error and close
    this.restarts += 1;
    this.timer = setTimeout(() => this.start(), this.backoffMs);
    this.backoffMs = Math.min(this.backoffMs * 2, LAST_BACKOFF_MS);
  }
}
