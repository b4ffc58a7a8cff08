import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootClock, EbpfTap, removePins, type FlowSample } from '@guardpost/bpf';
import { buildObjects, frames as f, TwoNamespaces, until, whyNoKernel } from '@guardpost/bpf/testing';
import { isRight } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.js';
import { FlowExport } from './flow-export.js';

const PORT = { nfcapd: 9_995, nfacctd: 9_996 } as const;
const has = (command: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
};
const missing = (...commands: string[]): string | undefined => commands.map((c) => (has(c) ? '' : `no ${c}`)).find((why) => why !== '');
const reason = whyNoKernel();
const why = (text: string | undefined): string => (text === undefined ? '' : ` (skipped: ${text})`);

/** Packets and bytes of a flow, as text that can be compared. */
type Flows = string[];
const NfdumpFlows = t.array(
  t.intersection([
    t.type({ in_packets: t.number, in_bytes: t.number, proto: t.number, input_snmp: t.number, output_snmp: t.number, src_vlan: t.number }),
    t.partial({ src4_addr: t.string, dst4_addr: t.string, src6_addr: t.string, dst6_addr: t.string }),
    t.partial({ src_port: t.number, dst_port: t.number, tcp_flags: t.string, icmp_type: t.number, icmp_code: t.number }),
  ]),
);
const PmacctFlow = t.type({
  ip_src: t.string, ip_dst: t.string, port_src: t.number, port_dst: t.number, ip_proto: t.string, tcp_flags: t.string,
  vlan: t.number, iface_in: t.number, iface_out: t.number, packets: t.number, bytes: t.number,
}); // prettier-ignore
const decoded = <A>(codec: t.Type<A>, raw: unknown): A => {
  const result = codec.decode(raw);
  if (!isRight(result)) throw new Error(`${codec.name}: ${JSON.stringify(raw).slice(0, 200)}`);
  return result.right;
};
/** `......S.` as nfdump prints it. */
const flagsOf = (text: string | undefined): number => [...(text ?? '')].reduce((bits, letter) => (bits << 1) | (letter === '.' ? 0 : 1), 0);
const PROTOCOL: Record<string, number> = { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58 };

/** Real traffic through a veth pair, seen by the tap, exported, and read by collectors that others wrote. */
describe.skipIf(reason !== undefined)(`IPFIX to collectors${why(reason)}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ipfix-'));
  const pinDir = `/sys/fs/bpf/gpipfix-test-${process.pid}`;
  const children: ChildProcess[] = [];
  let [nfcapd, nfacctd]: (ChildProcess | undefined)[] = [];
  let net: TwoNamespaces;
  let tap: EbpfTap;
  let flows: FlowExport;
  /** What the tap counted, over processors. */
  const counted = { packets: 0, bytes: 0, byKey: new Map<string, FlowSample & { packets: number; bytes: number }>() };

  const start = (command: string, ...args: string[]): ChildProcess => {
    const child = spawn('nsenter', [`--net=/run/netns/${net.b}`, command, ...args], { cwd: folder, stdio: 'pipe' });
    children.push(child);
    return child;
  };
  const stop = async (child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  };

  beforeAll(async () => {
    buildObjects();
    net = new TwoNamespaces(1);
    net.run(net.a, 'ip', 'addr', 'add', 'fd00:77::1/64', 'dev', 'a0', 'nodad');
    net.run(net.b, 'ip', 'addr', 'add', 'fd00:77::2/64', 'dev', 'b0', 'nodad');
    net.enter(net.b);
    if (has('nfcapd')) nfcapd = start('nfcapd', '-p', `${PORT.nfcapd}`, '-b', '127.0.0.1', '-w', folder, '-t', '3600');
    if (has('nfacctd')) {
      const keys = 'src_host, dst_host, src_port, dst_port, proto, tcpflags, vlan, in_iface, out_iface, timestamp_start, timestamp_end';
      const lines = [
        'daemonize: false',
        'nfacctd_ip: 127.0.0.1',
        `nfacctd_port: ${PORT.nfacctd}`,
        'plugins: print[p]',
        `aggregate[p]: ${keys}`,
      ];
      const output = [
        'print_output[p]: json',
        `print_output_file[p]: ${folder}/pmacct.json`,
        'print_refresh_time[p]: 3600',
        'nfacctd_time_new: false',
      ];
      writeFileSync(
        join(folder, 'nfacctd.conf'),
        `${[...lines, ...output, 'print_output_file_append[p]: true', 'timestamps_secs: false'].join('\n')}\n`,
      );
      nfacctd = start('nfacctd', '-f', join(folder, 'nfacctd.conf'));
    }
    const listening = (port: number): boolean => net.run(net.b, 'ss', '-Huln').includes(`127.0.0.1:${port} `);
    await until('the collectors listen', () => (!has('nfcapd') || listening(PORT.nfcapd)) && (!has('nfacctd') || listening(PORT.nfacctd)));

    tap = new EbpfTap({ pinDir, interfaces: (name) => name === 'b0' });
    const ipfix = {
      domain: 4242, activeSeconds: 3_600, idleSeconds: 1, templateSeconds: 1, maxMessageBytes: 1_400, messagesPerSecond: 5_000,
      collectors: Object.values(PORT).map((port) => ({ address: '127.0.0.1', port })),
    }; // prettier-ignore
    flows = new FlowExport({ maxFlows: 100_000, ipfix, summary: undefined }, tap, systemClock(bootClock()), () => undefined, console.warn);
    await tap.start(
      () => undefined,
      (flow) => flows.evicted(flow),
    );
    flows.start();
    traffic();
    await until('all is exported', () => exportedAll());
    for (const flow of tap.flows()) {
      counted.packets += flow.packets;
      counted.bytes += flow.bytes;
      const key = JSON.stringify([flow.src, flow.dst, flow.sport, flow.dport, flow.proto, flow.icmp, flow.direction, flow.vlan, flow.vni]);
      const known = counted.byKey.get(key);
      const both = { packets: flow.packets + (known?.packets ?? 0), bytes: flow.bytes + (known?.bytes ?? 0) };
      counted.byKey.set(key, { ...flow, ...both, tcpFlags: flow.tcpFlags | (known?.tcpFlags ?? 0) });
    }
    await flows.stop();
    await until('the collectors have read what they got', () => !/^UNCONN +[1-9]/m.test(net.run(net.b, 'ss', '-Huln')));
  });
  afterAll(async () => {
    for (const child of children) await stop(child, 'SIGKILL');
    await tap?.remove();
    removePins(pinDir);
    net?.remove();
    rmSync(folder, { recursive: true });
  });

  /** Pings, IPv4 and IPv6; TCP with data both ways; UDP; tags; VXLAN; many short flows. */
  function traffic(): void {
    net.ping(net.a, '10.77.0.2', 5);
    net.ping(net.a, 'fd00:77::2', 5);
    const server =
      'import socket;s=socket.create_server(("10.77.0.2",8080));c,_=s.accept();n=0\nwhile n<300000:n+=len(c.recv(65536))\nc.sendall(b"y"*50000);c.close()';
    const client = 'import socket;c=socket.create_connection(("10.77.0.2",8080));c.sendall(b"x"*300000)\nwhile c.recv(65536):pass';
    const serving = spawn('nsenter', [`--net=/run/netns/${net.b}`, 'python3', '-c', server], { stdio: 'ignore' });
    children.push(serving);
    execFileSync('sh', ['-c', 'for i in $(seq 100); do ss -Htln | grep -q 10.77.0.2:8080 && exit 0; sleep 0.05; done; exit 1']);
    net.run(net.a, 'python3', '-c', client);
    const inner = f.ethernet(f.TYPE.ipv4, f.ipv4({ src: '192.0.2.9', dst: '192.0.2.10', proto: 6 }, f.tcp(1, 2)));
    const tagged = f.ipv4({ src: '198.51.100.1', dst: '198.51.100.2', proto: 6 }, f.tcp(5, 6));
    net.send(net.a, 'a0', [
      f.ethernet(f.TYPE.vlan, f.tag(100, f.TYPE.ipv4, tagged)),
      f.ethernet(f.TYPE.ipv4, f.ipv4({ src: '10.77.0.1', dst: '10.77.0.2', proto: 17 }, f.udp(55_555, 4_789, f.vxlan(7_777, inner)))),
    ], 3); // prettier-ignore
    net.send(
      net.a,
      'a0',
      Array.from({ length: 400 }, (_, i) => f.tcp4('203.0.113.5', 1_000 + i, '10.77.0.2', 9)),
      2,
    );
  }

  function exportedAll(): boolean {
    let packets = 0;
    for (const flow of tap.flows()) packets += flow.packets;
    return packets > 800 && flows.exporter?.counts.packets === packets;
  }

  const ours = (more: (flow: FlowSample) => unknown): Flows =>
    [...counted.byKey.values()]
      .map((f) => JSON.stringify([f.src, f.dst, f.proto, f.packets, f.bytes, f.tcpFlags, f.vlan[0] ?? 0, more(f)]))
      .sort();
  const inAndOut = ({ direction, ifindex }: FlowSample): number[] => (direction === 'ingress' ? [ifindex, 0] : [0, ifindex]);

  it('exports every packet that the tap counted, each flow once', () => {
    const { packets, bytes, byKey } = counted;
    expect(flows.exporter?.counts).toMatchObject({ packets, bytes, records: byKey.size });
    expect(flows.outlet?.counts).toMatchObject({ failed: 0, skipped: 0, unreachable: 0 });
    expect(tap.counters().evicted).toBe(0);
    const kinds = new Set(
      [...byKey.values()].map(({ proto, vni, vlan, src }) => [proto, vni, vlan.join(), src.includes(':') ? 6 : 4].join(' ')),
    );
    expect([...kinds].sort()).toEqual(['1   4', '58   6', '6  100 4', '6   4', '6 7777  4'].sort());
  });

  const noNfdump = missing('nfcapd', 'nfdump');
  it.skipIf(noNfdump !== undefined)(`is read by nfdump, flow by flow${why(noNfdump)}`, async () => {
    await stop(nfcapd, 'SIGTERM');
    const file = readdirSync(folder).find((name) => name.startsWith('nfcapd.2'));
    const text = execFileSync('nfdump', ['-r', join(folder, file ?? 'none'), '-o', 'json'], { encoding: 'utf8' });
    const theirs = decoded(NfdumpFlows, JSON.parse(text)).map((f) =>
      JSON.stringify([
        f.src4_addr ?? f.src6_addr, f.dst4_addr ?? f.dst6_addr, f.proto, f.in_packets, f.in_bytes, flagsOf(f.tcp_flags), f.src_vlan,
        [f.input_snmp, f.output_snmp, f.src_port ?? 0, f.dst_port ?? 0, f.icmp_type ?? null, f.icmp_code ?? null],
      ]),
    ); // prettier-ignore
    expect(theirs.sort()).toEqual(ours((f) => [...inAndOut(f), f.sport, f.dport, f.icmp?.type ?? null, f.icmp?.code ?? null]));
    const sums = execFileSync('nfdump', ['-r', join(folder, file ?? 'none'), '-I'], { encoding: 'utf8' });
    for (const [name, n] of [
      ['Flows', counted.byKey.size],
      ['Packets', counted.packets],
      ['Bytes', counted.bytes],
      ['Sequence failures', 0],
    ] as const)
      expect(new RegExp(`^${name}: (\\d+)$`, 'm').exec(sums)?.[1]).toBe(`${n}`);
  });

  const noPmacct = missing('nfacctd');
  it.skipIf(noPmacct !== undefined)(`is read by pmacct, flow by flow${why(noPmacct)}`, async () => {
    await stop(nfacctd, 'SIGINT');
    const read = (): unknown[] =>
      readFileSync(join(folder, 'pmacct.json'), 'utf8')
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
    await until('pmacct has written', () => readdirSync(folder).includes('pmacct.json') && read().length >= counted.byKey.size);
    const theirs = read()
      .map((line) => decoded(PmacctFlow, line))
      .map((f) =>
        JSON.stringify([
          f.ip_src, f.ip_dst, PROTOCOL[f.ip_proto], f.packets, f.bytes, Number(f.tcp_flags), f.vlan, [f.iface_in, f.iface_out, f.port_src, f.port_dst],
        ]),
      ); // prettier-ignore
    expect(theirs.sort()).toEqual(ours((f) => [...inAndOut(f), f.sport, f.dport]));
  });
});
