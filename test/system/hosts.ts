import type { ChildProcess } from 'node:child_process';
import type { Lab } from '../lab/lab.js';

/** How many of `count` pings came back, `everyMs` apart. */
export async function ping(lab: Lab, host: string, to: string, count = 3, everyMs = 100): Promise<number> {
  const { stdout } = await lab.exec(host, ['ping', '-n', '-q', '-c', String(count), '-i', String(everyMs / 1000), '-W', '1', to]);
  return Number(/(\d+) received/.exec(stdout)?.[1] ?? 0);
}

/** A ping that runs until it is stopped, and then says how many were sent and how many came back. */
export class LongPing {
  private static readonly running = new Set<LongPing>();
  private out = '';
  private lastAnswered = 0;
  private readonly done: Promise<void>;
  private readonly child: ChildProcess;

  constructor(lab: Lab, host: string, to: string, everyMs = 50, from?: string) {
    this.child = lab.spawn(host, ['ping', '-n', '-i', String(everyMs / 1000), ...(from === undefined ? [] : ['-I', from]), to]);
    this.child.stdout?.on('data', (chunk: Buffer) => this.read(chunk.toString()));
    this.done = new Promise((resolve) => this.child.on('exit', () => resolve()));
    LongPing.running.add(this);
  }

  /** Of tests that failed before they could. */
  static async stopAll(): Promise<void> {
    for (const one of LongPing.running) await one.stop();
  }

  async stop(): Promise<{ sent: number; received: number }> {
    LongPing.running.delete(this);
    this.child.kill('SIGINT'); // ping prints its summary
    await this.done;
    const found = /(\d+) packets transmitted, (\d+) received/.exec(this.out);
    const [sent, received] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)];
    // The very last may have been on its way when it was stopped: it says nothing where the one before was answered.
    return { sent: received > 0 && this.lastAnswered === sent - 1 ? sent - 1 : sent, received };
  }

  /** Keeps the end of it, where the summary will be. */
  private read(text: string): void {
    this.out = (this.out + text).slice(-2_000);
    for (const [, seq] of text.matchAll(/icmp_seq=(\d+) ttl/g)) this.lastAnswered = Number(seq);
  }
}

/** One UDP datagram from a host: whatever it meets, nothing answers. */
export async function sendUdp(lab: Lab, host: string, to: string, port: number, from = 40_000): Promise<void> {
  const program = `import socket; s=socket.socket(socket.AF_INET6 if ':' in '${to}' else socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('', ${from})); s.sendto(b'x', ('${to}', ${port}))`;
  await lab.exec(host, ['python3', '-c', program]);
}

const RAW = `
import socket, struct, sys
to, source, proto, sport, dport, count = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])
s = socket.socket(socket.AF_INET6 if ':' in to else socket.AF_INET, socket.SOCK_RAW, proto)
if source != '-': s.bind((source, 0))
tcp = struct.pack('!HHIIBBHHH', sport, dport, 1, 0, 0x50, 0x02, 1024, 0, 0)
udp = struct.pack('!HHHH', sport, dport, 8, 0)
sctp = struct.pack('!HHII', sport, dport, 0, 0) + b'\\x00' * 8
for _ in range(count): s.sendto({6: tcp, 17: udp, 132: sctp}[proto], (to, 0))
`;

/** Packets of TCP (6), UDP (17) or SCTP (132), whether the kernel speaks it or not: a header each, three unless told. */
export async function sendRaw(
  lab: Lab,
  host: string,
  packet: { readonly to: string; readonly from?: string; readonly proto: number; readonly sport?: number; readonly dport?: number },
  count = 3,
): Promise<void> {
  const { to, from = '-', proto, sport = 40_000, dport = 40_000 } = packet;
  await lab.exec(host, ['python3', '-c', RAW, to, from, ...[proto, sport, dport, count].map(String)], { check: true });
}
