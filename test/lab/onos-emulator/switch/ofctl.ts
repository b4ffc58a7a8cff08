import { spawn, type ChildProcess } from 'node:child_process';

const VERSION = ['-O', 'OpenFlow13', '--no-names'];
const MAX_OUTPUT_CHARS = 64 * 1024 * 1024;

/** A bridge as ovs-ofctl reaches it: by its management socket, from whatever network namespace. */
export interface Bridge {
  readonly name: string;
  /** OVS_RUNDIR, must be writable for `monitor`. */
  readonly rundir: string;
}
export interface Ended {
  /** -1 where it could not be started or a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Dies with this process, however that ends. */
export function startOfctl(bridge: Bridge, command: string, args: readonly string[] = []): ChildProcess {
  const target = `unix:${bridge.rundir}/${bridge.name}.mgmt`;
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'ovs-ofctl', ...VERSION, command, target, ...args], {
    env: { ...process.env, OVS_RUNDIR: bridge.rundir, OVS_LOGDIR: bridge.rundir },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (part: string) => {
        if (text[stream].length < MAX_OUTPUT_CHARS) text[stream] += part;
      });
    }
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) => resolve({ code: -1, stdout: '', stderr: error.message }));
    child.once('close', (code) => resolve({ code: code ?? -1, ...text }));
  });
}

export function ofctl(bridge: Bridge, command: string, args: readonly string[] = []): Promise<Ended> {
  const child = startOfctl(bridge, command, args);
  child.stdin?.end();
  return ended(child);
}
