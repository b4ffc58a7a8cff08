import { parseAddress } from '@guardpost/contracts';
import { newFlowView, type FlowView } from '../flow-view.js';

interface Fields extends Partial<Omit<FlowView, 'src' | 'dst'>> {
  readonly src?: string;
  readonly dst?: string;
}

/** A flow for specs, of addresses as text. */
export function flowView({ src = '198.51.100.7', dst = '10.1.0.5', ...over }: Fields = {}): FlowView {
  const flow = { ...newFlowView(), sport: 40_000, dport: 443, proto: 6, ifindex: 3, tcpFlags: 2, packets: 1, bytes: 60, ...over };
  for (const [text, words] of [
    [src, flow.src],
    [dst, flow.dst],
  ] as const) {
    const bytes = Buffer.from(parseAddress(text) ?? []);
    for (let i = 0; i < bytes.length; i += 4) words[i / 4] = bytes.readInt32BE(i);
    flow.family = bytes.length === 4 ? 4 : 6;
  }
  return flow;
}
