import { FAULT, STEP } from './step.js';

/** Header levels at which a frame can be a fragment: each tunnel, and the outermost. */
const MAX_LEVELS = 5;
/** family, VLAN tags (2), VNI, identification, protocol (0 for IPv6), source (4), destination (4). */
export const FRAGMENT_WORDS = 14;
const TAG_PRESENT = 0x1000;

/**
 * One frame while it is read, and what was found: the last whole IP header is in `family`, `src` and so on, the outermost one of a
 * tunnelled frame in `outer*`. One object serves all frames: `begin` forgets the last. Addresses are words in wire order, IPv4 in word 0.
 */
export class Packet {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** The next header; end of what was on the wire (of the frame, then of the IP packet: padding is not data); end of what was captured. */
  at = 0;
  limit = 0;
  end = 0;
  step: number = STEP.ethernet;
  type = 0;
  tunnels = 0;

  /** 4, 6; 0 = no IP header. */
  family = 0;
  readonly src = new Int32Array(4);
  readonly dst = new Int32Array(4);
  proto = 0;
  /** Whether ports were there to be read: 0 is a port too. */
  hasPorts = false;
  sport = 0;
  dport = 0;
  /** type << 8 | code; -1 = none. */
  icmp = -1;
  tcpFlags = 0;
  /** A later fragment: no ports. */
  fragment = false;
  /** Tags in front of the innermost IP header, outermost first: 16 bits each, id | 0x1000. */
  vlan01 = 0;
  vlan23 = 0;
  /** -1 = none. */
  vni = -1;
  outerFamily = 0;
  readonly outerSrc = new Int32Array(4);
  readonly outerDst = new Int32Array(4);
  outerProto = 0;
  outerSport = 0;
  outerDport = 0;
  fault: number = FAULT.none;
  /** The step at which the fault was met. */
  layer: number = STEP.done;

  /** Fragment headers that were met. The last is the innermost one, of a later fragment where `fragment` says so. */
  fragments = 0;
  readonly fragmentKeys = new Int32Array(MAX_LEVELS * FRAGMENT_WORDS);

  /** Of what lies further in, until an IP header is found there. */
  nextVni = -1;
  private tags = 0;
  private tags01 = 0;
  private tags23 = 0;

  attach(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
  }

  /** A frame of `wire` bytes, of which `captured` are in the buffer, from `at`. */
  begin(at: number, captured: number, wire: number): void {
    this.at = at;
    this.end = at + captured;
    this.limit = at + (wire > captured ? wire : captured);
    this.type = this.tunnels = 0;
    this.family = this.proto = this.sport = this.dport = this.tcpFlags = 0;
    this.icmp = this.vni = this.nextVni = -1;
    this.fragment = this.hasPorts = false;
    this.vlan01 = this.vlan23 = 0;
    this.tags = this.tags01 = this.tags23 = 0;
    this.outerFamily = this.fragments = 0;
    this.fault = FAULT.none;
    this.layer = STEP.done;
  }

  fail(fault: number): number {
    this.fault = fault;
    this.layer = this.step;
    return STEP.done;
  }

  /** Whether the next `size` bytes are there. If not, the fault says whether the frame or the capture ends here. */
  has(size: number): boolean {
    const to = this.at + size;
    if (to <= this.limit && to <= this.end) return true;
    this.fault = to > this.limit ? FAULT.truncated : FAULT.snapped;
    this.layer = this.step;
    return false;
  }

  /** The end that a length field gives. A header that promises more than there is: a fault, but what is there is still true. */
  narrow(end: number): void {
    if (end <= this.limit) this.limit = end;
    else {
      this.fault = FAULT.truncated;
      this.layer = this.step;
    }
  }

  tag(tci: number): void {
    const tag = (tci & 0xfff) | TAG_PRESENT;
    if (this.tags === 0) this.tags01 = tag;
    else if (this.tags === 1) this.tags01 |= tag << 16;
    else if (this.tags === 2) this.tags23 = tag;
    else if (this.tags === 3) this.tags23 |= tag << 16;
    this.tags++;
  }

  /** One IP header further in: what was innermost becomes outer, unless there is an outer already (the outermost stays). */
  enter(family: number): void {
    if (this.family !== 0 && this.outerFamily === 0) {
      this.outerFamily = this.family;
      this.outerProto = this.proto;
      this.outerSport = this.sport;
      this.outerDport = this.dport;
      copyAddress(this.src, this.family, this.outerSrc, 0);
      copyAddress(this.dst, this.family, this.outerDst, 0);
    }
    this.family = family;
    this.sport = this.dport = this.tcpFlags = 0;
    this.icmp = -1;
    this.fragment = this.hasPorts = false;
    this.vni = this.nextVni;
    this.vlan01 = this.tags01;
    this.vlan23 = this.tags23;
  }

  /** Notes a fragment header: `later` = of any but the first fragment. */
  fragmentOf(identification: number, proto: number, later: boolean): void {
    this.fragment = later;
    const at = this.fragments++ * FRAGMENT_WORDS;
    const keys = this.fragmentKeys;
    keys[at] = this.family;
    keys[at + 1] = this.vlan01;
    keys[at + 2] = this.vlan23;
    keys[at + 3] = this.vni;
    keys[at + 4] = identification;
    keys[at + 5] = proto;
    copyAddress(this.src, this.family, keys, at + 6);
    copyAddress(this.dst, this.family, keys, at + 10);
  }
}

/** Four words; what an IPv4 address does not need is 0. */
function copyAddress(from: Int32Array, family: number, to: Int32Array, at: number): void {
  to[at] = from[0]!;
  for (let i = 1; i < 4; i++) to[at + i] = family === 4 ? 0 : from[i]!;
}
