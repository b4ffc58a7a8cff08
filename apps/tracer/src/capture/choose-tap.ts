import { EbpfTap, FirstTap, PcapTap, type Tap, type TapCandidate } from '@guardpost/bpf';
import type { TracerConfig } from '../config/tracer-config.codec.js';

type Say = { log(message: string, component: string): void; warn(message: string, component: string): void };

const WHAT = {
  ebpf: 'eBPF programs in the kernel',
  pcap: 'packet sockets: it drops nothing, and misses packets where there are too many (counter tap.missed)',
} as const;

/** The tap that the configuration asks for; for `auto` that of eBPF, or else the one of packet sockets. Says at its start which it is, and why. */
export function chooseTap(config: Pick<TracerConfig, 'tap' | 'pinDir' | 'evidence'>, interfaces: (name: string) => boolean, say: Say): Tap {
  const { pinDir, evidence } = config;
  const ebpf: TapCandidate = { name: 'ebpf', tap: new EbpfTap({ pinDir, evidence, interfaces }) };
  const pcap: TapCandidate = { name: 'pcap', tap: new PcapTap({ evidence, interfaces }) };
  const candidates = { auto: [ebpf, pcap], ebpf: [ebpf], pcap: [pcap] }[config.tap];
  return new FirstTap(candidates, (name, failures) => {
    for (const failure of failures) say.warn(`no ${failure.name} tap here: ${failure.why}`, 'tap');
    const why = failures.length > 0 ? 'because no other can be had' : config.tap === 'auto' ? 'the best there is' : 'as configured';
    say.log(`the tap is ${name}, ${why}: ${name === 'ebpf' ? WHAT.ebpf : WHAT.pcap}`, 'tap');
  });
}
