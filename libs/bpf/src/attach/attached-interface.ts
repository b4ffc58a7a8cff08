import { constants } from 'node:os';
import { BpfError } from '../libbpf/bpf-error.js';
import {
  attachClsact,
  attachTcx,
  attachXdp,
  closeFd,
  detachClsact,
  linkIfindex,
  replaceProgram,
  type TapHook,
  type XdpMode,
} from '../libbpf/links.js';
import type { NetInterface } from '../net/rtnetlink.js';
import type { PinDirectory } from '../pins/pin-directory.js';
import type { TapInterface } from '../tap.port.js';

const TAP_HOOKS: readonly TapHook[] = ['ingress', 'egress'];
const XDP_MODES: readonly XdpMode[] = ['native', 'generic'];
/** Frames of other hardware (tun, PPP) do not begin with an Ethernet header. */
const ETHERNET_FRAMES = new Set([1, 772]);
const TAKEN = new Set<number>([constants.errno.EBUSY, constants.errno.EEXIST]);

/** fds of the loaded programs. */
export interface Programs {
  readonly ingress: number;
  readonly egress: number;
  readonly native: number;
  readonly generic: number;
}

/** What is attached to one interface. Failures are told in `describe`, not thrown: the other interfaces go on. */
export class AttachedInterface {
  private readonly links = new Map<string, number>();
  private tap: TapInterface['tap'] = 'none';
  private xdp: TapInterface['xdp'] = 'off';
  private tapProblem: string | undefined;
  private xdpProblem: string | undefined;

  constructor(
    private readonly net: NetInterface,
    private readonly programs: Programs,
    private readonly pins: PinDirectory,
  ) {}

  get name(): string {
    return this.net.name;
  }

  /** Attaches or adopts. A kernel without tcx (before 6.6) says EINVAL: then by clsact. */
  attachTap(forceClsact: boolean): void {
    if (!ETHERNET_FRAMES.has(this.net.hardware)) {
      this.tapProblem = `frames of hardware type ${this.net.hardware} are not understood`;
      return;
    }
    try {
      this.tap = forceClsact ? this.byClsact() : this.byLink();
    } catch (error) {
      if (error instanceof BpfError && error.errno === constants.errno.EINVAL && !forceClsact) this.attachTap(true);
      else this.tapProblem = messageOf(error);
    }
  }

  /** Attaches or adopts XDP. On a veth native XDP costs two thirds of TCP's throughput, so generic there. */
  attachXdp(): void {
    if (this.xdp === 'native' || this.xdp === 'generic' || !ETHERNET_FRAMES.has(this.net.hardware)) return;
    const modes = this.net.kind === 'veth' ? (['generic'] as const) : XDP_MODES;
    for (const mode of XDP_MODES) {
      if (!this.adopt(`xdp-${mode}`, this.programs[mode])) continue;
      this.xdp = mode;
      return;
    }
    for (const mode of modes) {
      try {
        this.keep(`xdp-${mode}`, attachXdp(this.programs[mode], this.net.ifindex, mode));
        this.xdp = mode;
        this.xdpProblem = undefined;
        return;
      } catch (error) {
        this.xdp = 'unavailable';
        this.xdpProblem = messageOf(error);
        if (error instanceof BpfError && TAKEN.has(error.errno)) {
          this.xdpProblem = `another XDP program is attached to ${this.net.name}: drops do not hold here`;
          return;
        }
      }
    }
  }

  detachXdp(): void {
    for (const mode of XDP_MODES) this.drop(`xdp-${mode}`);
    this.xdp = 'off';
    this.xdpProblem = undefined;
  }

  /** The interface was deleted: its links are empty shells. (One made anew under the same index is another interface.) */
  isGone(): boolean {
    return [...this.links.values()].some((fd) => linkIfindex(fd) !== this.net.ifindex);
  }

  describe(): TapInterface {
    const problem = [this.tapProblem, this.xdpProblem].filter((text) => text !== undefined).join('; ');
    return { name: this.net.name, ifindex: this.net.ifindex, tap: this.tap, xdp: this.xdp, ...(problem === '' ? {} : { problem }) };
  }

  /** Lets go of the fds; what is pinned stays attached. */
  close(): void {
    for (const fd of this.links.values()) closeFd(fd);
    this.links.clear();
  }

  /** Detaches and unpins. */
  remove(): void {
    for (const hook of this.links.keys()) this.drop(hook);
    const made = this.pins.clsactNotes().get(this.net.ifindex);
    if (made === undefined) return;
    detachClsact(this.net.ifindex, made);
    this.pins.forgetClsact(this.net.ifindex);
  }

  private byLink(): 'link' {
    for (const hook of TAP_HOOKS) {
      if (!this.adopt(hook, this.programs[hook])) this.keep(hook, attachTcx(this.programs[hook], this.net.ifindex, hook));
    }
    return 'link';
  }

  private byClsact(): 'clsact' {
    for (const hook of TAP_HOOKS) this.pins.noteClsact(this.net.ifindex, attachClsact(this.programs[hook], this.net.ifindex, hook));
    return 'clsact';
  }

  private pinName(hook: string): string {
    return `link_${this.net.ifindex}_${hook}`;
  }

  /** Takes over a pinned link with our program in place of the old one. False where there is none that is still attached. */
  private adopt(hook: string, program: number): boolean {
    const fd = this.pins.open(this.pinName(hook));
    if (fd === undefined) return false;
    if (linkIfindex(fd) !== this.net.ifindex) {
      closeFd(fd);
      this.pins.unpin(this.pinName(hook));
      return false;
    }
    this.links.set(hook, fd);
    replaceProgram(fd, program);
    return true;
  }

  private keep(hook: string, fd: number): void {
    this.links.set(hook, fd);
    this.pins.pin(fd, this.pinName(hook));
  }

  private drop(hook: string): void {
    const fd = this.links.get(hook);
    this.pins.unpin(this.pinName(hook));
    if (fd !== undefined) closeFd(fd);
    this.links.delete(hook);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
