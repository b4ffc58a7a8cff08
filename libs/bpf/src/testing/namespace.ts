import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import koffi, { type KoffiFunc } from 'koffi';

const CLONE_NEWNET = 0x40000000;
const setns: KoffiFunc<(fd: number, type: number) => number> = koffi.load('libc.so.6').func('int setns(int, int)');

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe' });

/** Two namespaces of this process alone, joined by veth pairs `a<i>` - `b<i>`, all up. */
export class TwoNamespaces {
  readonly a = `gpbpf-${process.pid}-a`;
  readonly b = `gpbpf-${process.pid}-b`;
  private readonly home = openSync('/proc/self/ns/net', 'r');

  constructor(pairs = 1) {
    for (const name of [this.a, this.b]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    for (let i = 0; i < pairs; i++) this.addPair(i);
  }

  addPair(i: number): void {
    ip(
      'link',
      'add',
      `a${i}`,
      'netns',
      this.a,
      'address',
      `02:00:00:00:0a:0${i}`,
      'type',
      'veth',
      'peer',
      'name',
      `b${i}`,
      'netns',
      this.b,
      'address',
      `02:00:00:00:0b:0${i}`,
    );
    this.setUp(this.a, `a${i}`, `10.77.${i}.1`);
    this.setUp(this.b, `b${i}`, `10.77.${i}.2`);
  }

  removePair(i: number): void {
    ip('-n', this.a, 'link', 'del', `a${i}`);
  }

  ip(...args: string[]): string {
    return ip(...args);
  }

  /** Puts this thread into a namespace (its own again with `undefined`); processes that it starts are in it too. */
  enter(name: string | undefined): void {
    const fd = name === undefined ? this.home : openSync(`/run/netns/${name}`, 'r');
    const result = setns(fd, CLONE_NEWNET);
    if (fd !== this.home) closeSync(fd);
    if (result !== 0) throw new Error(`setns to ${name ?? 'home'} failed`);
  }

  run(namespace: string, command: string, ...args: string[]): string {
    return execFileSync('nsenter', [`--net=/run/netns/${namespace}`, command, ...args], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** Sends frames out of an interface as they are (AF_PACKET). */
  send(namespace: string, interfaceName: string, frames: readonly Buffer[], repeat = 1): void {
    const script =
      'import socket,sys\ns=socket.socket(socket.AF_PACKET,socket.SOCK_RAW)\ns.bind((sys.argv[1],0))\nfs=[bytes.fromhex(l) for l in sys.stdin.read().split()]\nfor _ in range(int(sys.argv[2])):\n for f in fs: s.send(f)\n';
    execFileSync('nsenter', [`--net=/run/netns/${namespace}`, 'python3', '-c', script, interfaceName, String(repeat)], {
      input: frames.map((frame) => frame.toString('hex')).join('\n'),
    });
  }

  /** How many of `count` pings came back. */
  ping(namespace: string, to: string, count = 5): number {
    try {
      return received(this.run(namespace, 'ping', '-q', '-c', String(count), '-i', '0.02', '-W', '0.3', to));
    } catch (error) {
      // ping exits with 1 when nothing came back; what it printed is in the error.
      return error instanceof Error && 'stdout' in error ? received(String(error.stdout)) : 0;
    }
  }

  remove(): void {
    this.enter(undefined);
    for (const name of [this.a, this.b]) ip('netns', 'del', name);
    closeSync(this.home);
  }

  private setUp(namespace: string, link: string, address: string): void {
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', link);
    ip('-n', namespace, 'link', 'set', link, 'up');
  }
}

const received = (output: string): number => Number(/(\d+) received/.exec(output)?.[1] ?? 0);

type ProgramQuery = (
  ifindex: number,
  hook: number,
  flags: number,
  attachFlags: Uint32Array,
  ids: Uint32Array,
  count: Uint32Array,
) => number;
const programQuery: KoffiFunc<ProgramQuery> = koffi.load('libbpf.so.1').func('int bpf_prog_query(int, int, uint32, void*, void*, void*)');
const TCX = [46, 47];

/** Programs on the tcx hooks of an interface of this thread's namespace (bpftool 7.1 does not show them). */
export function tcxPrograms(ifindex: number): number {
  let total = 0;
  for (const hook of TCX) {
    const count = new Uint32Array([16]);
    const result = programQuery(ifindex, hook, 0, new Uint32Array(1), new Uint32Array(16), count);
    if (result !== 0) throw new Error(`query of tcx programs failed: ${result}`);
    total += count[0] ?? 0;
  }
  return total;
}
