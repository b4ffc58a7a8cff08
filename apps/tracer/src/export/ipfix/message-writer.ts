import type { FlowView } from '../flow-view.js';
import { TEMPLATES, templateSet, type Template } from './templates.js';

const VERSION = 10;
const HEADER_BYTES = 16;
const SET_HEADER_BYTES = 4;
const SEGMENT_VXLAN = 0x0100_0000;
const ICMP = { v4: 1, v6: 58 } as const;

/** flowEndReason (RFC 7012, 5.11.3). */
export const END_REASON = { idle: 1, active: 2, forced: 4, noResources: 5 } as const;
export type EndReason = (typeof END_REASON)[keyof typeof END_REASON];

/** A message as it goes out, and how many records of flows are in it. */
export interface Message {
  readonly bytes: Buffer;
  readonly records: number;
}

/** Writes IPFIX messages (RFC 7011) of one observation domain. A message that is full is given away and the next begun. */
export class MessageWriter {
  private buffer: Buffer;
  private at = HEADER_BYTES;
  private setAt = 0;
  private template: Template | undefined;
  private records = 0;
  private sequence = 0;

  constructor(
    private readonly domain: number,
    private readonly maxBytes: number,
    private readonly nowMs: () => number,
    private readonly give: (message: Message) => void,
  ) {
    this.buffer = Buffer.allocUnsafe(maxBytes);
  }

  /** A message with the templates alone; what was begun goes first. */
  templates(): void {
    this.flush();
    const set = templateSet();
    set.copy(this.buffer, this.at);
    this.at += set.length;
    this.finish();
  }

  add(flow: FlowView, reason: EndReason): void {
    const template =
      flow.vni < 0 ? (flow.family === 4 ? TEMPLATES.v4 : TEMPLATES.v6) : flow.family === 4 ? TEMPLATES.v4Segment : TEMPLATES.v6Segment;
    const inSet = this.template === template;
    if (this.at + (inSet ? 0 : SET_HEADER_BYTES) + template.length > this.maxBytes) {
      this.flush();
      this.beginSet(template);
    } else if (!inSet) this.beginSet(template);
    this.record(flow, reason);
    this.records += 1;
  }

  /** Gives away what was begun, if anything. */
  flush(): void {
    if (this.records > 0) this.finish();
  }

  private beginSet(template: Template): void {
    this.endSet();
    this.template = template;
    this.setAt = this.at;
    this.buffer.writeUInt16BE(template.id, this.at);
    this.at += SET_HEADER_BYTES;
  }

  private endSet(): void {
    if (this.template !== undefined) this.buffer.writeUInt16BE(this.at - this.setAt, this.setAt + 2);
    this.template = undefined;
  }

  private finish(): void {
    this.endSet();
    const { buffer, records } = this;
    buffer.writeUInt16BE(VERSION, 0);
    buffer.writeUInt16BE(this.at, 2);
    buffer.writeUInt32BE(Math.floor(this.nowMs() / 1000) >>> 0, 4);
    // Of the records before this message: what is lost on the way, or was never sent, shows as a gap.
    buffer.writeUInt32BE(this.sequence, 8);
    buffer.writeUInt32BE(this.domain, 12);
    const bytes = buffer.subarray(0, this.at);
    this.sequence = (this.sequence + records) >>> 0;
    this.buffer = Buffer.allocUnsafe(this.maxBytes);
    this.at = HEADER_BYTES;
    this.records = 0;
    this.give({ bytes, records });
  }

  /** In the order of templates.ts. */
  private record(flow: FlowView, reason: EndReason): void {
    this.number64(flow.firstMs);
    this.number64(flow.lastMs);
    this.number64(flow.bytes);
    this.number64(flow.packets);
    const words = flow.family === 4 ? 1 : 4;
    for (let i = 0; i < words; i++) this.number32(flow.src[i]!);
    for (let i = 0; i < words; i++) this.number32(flow.dst[i]!);
    const isIcmp = flow.icmp >= 0 && flow.proto === (flow.family === 4 ? ICMP.v4 : ICMP.v6);
    this.number16(isIcmp ? flow.icmp : 0);
    this.number16(flow.sport);
    this.number16(flow.dport);
    this.number16(Math.max(0, flow.vlan));
    this.number16(Math.max(0, flow.vlan));
    this.number16(Math.max(0, flow.innerVlan));
    this.number32(flow.egress ? 0 : flow.ifindex);
    this.number32(flow.egress ? flow.ifindex : 0);
    this.buffer[this.at++] = flow.proto;
    this.buffer[this.at++] = flow.tcpFlags;
    this.buffer[this.at++] = flow.egress ? 1 : 0;
    this.buffer[this.at++] = reason;
    if (flow.vni < 0) return;
    this.number32(SEGMENT_VXLAN);
    this.number32(flow.vni);
  }

  private number16(value: number): void {
    this.at = this.buffer.writeUInt16BE(value, this.at);
  }
  private number32(value: number): void {
    this.at = this.buffer.writeInt32BE(value | 0, this.at);
  }
  private number64(value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.at = this.buffer.writeUInt32BE(high >>> 0, this.at);
    this.at = this.buffer.writeUInt32BE(Math.floor(value - high * 2 ** 32) >>> 0, this.at);
  }
}
