import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { waitFor } from './wait-for.js';

/** Whether the process is there, runs what we started, and is no zombie. */
export function runs(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').includes(mark);
  } catch {
    return false;
  }
}

/** A long-running process in a namespace of the lab. It outlives us; its pid file and log are in the site's folder. */
export class Service {
  constructor(
    readonly name: string,
    private readonly options: {
      readonly netns: string;
      readonly command: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly folder: string;
    },
  ) {}

  private get pidFile(): string {
    return `${this.options.folder}/${this.name}.pid`;
  }
  private get mark(): string {
    return this.options.command.at(-1) ?? '';
  }
  get log(): string {
    return `${this.options.folder}/${this.name}.log`;
  }

  /** For what a failed test says. */
  lastLines(count = 40): string {
    const lines = existsSync(this.log) ? readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-count) : [];
    return [
      `${this.name} (${this.pid === undefined ? 'does not run' : `pid ${this.pid}`}), its last ${lines.length} lines:`,
      ...lines,
    ].join('\n');
  }

  get pid(): number | undefined {
    const pid = existsSync(this.pidFile) ? Number(readFileSync(this.pidFile, 'utf8')) : 0;
    return pid > 0 && runs(pid, this.mark) ? pid : undefined;
  }

  /** Harmless where it runs already. nsenter, not `ip netns exec`: that hides the eBPF file system. */
  start(): void {
    if (this.pid !== undefined) return;
    const log = openSync(this.log, 'a');
    const child = spawn('nsenter', [`--net=${this.options.netns}`, ...this.options.command], {
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...this.options.env },
    });
    closeSync(log);
    child.unref();
    writeFileSync(this.pidFile, String(child.pid)); // nsenter becomes the command: same pid
  }

  /** Resolves when it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const pid = this.pid;
    if (pid !== undefined) {
      process.kill(pid, signal);
      await waitFor(`the end of ${this.name}`, () => !runs(pid, this.mark), { seconds: 20, everyMs: 10 });
    }
    rmSync(this.pidFile, { force: true });
  }
}
