export type {
  Direction,
  DropCount,
  DropEntry,
  FlowSample,
  ProtectedEndpoint,
  Tap,
  TapCounters,
  TapEvent,
  TapInterface,
  WatchEntry,
} from './tap.port.js';
export { columnsOf } from './flows/columns-of.js';
export type { FlowColumns } from './flows/flow-columns.js';
export { EbpfTap, type EbpfTapOptions } from './ebpf-tap.js';
export { FakeTap } from './fake-tap.js';
export { FirstTap, type TapCandidate, type TapFailure } from './first-tap.js';
export { PcapTap, type PcapTapOptions } from './pcap/pcap-tap.js';
export { removePins } from './pins/pin-directory.js';
export { bootClock, type BootClock } from './clock/boot-clock.js';
export { BpfError } from './libbpf/bpf-error.js';
export { listInterfaces, type NetInterface } from './net/rtnetlink.js';
export { LiveCapture, type LiveCaptureOptions, type LiveFrame } from './live/live-capture.js';
export type { PacketMatch } from './live/packet-match.js';
