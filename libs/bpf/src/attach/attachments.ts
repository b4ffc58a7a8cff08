import type { NetInterface } from '../net/rtnetlink.js';
import { detachClsact } from '../libbpf/links.js';
import type { PinDirectory } from '../pins/pin-directory.js';
import type { TapInterface } from '../tap.port.js';
import { AttachedInterface, type Programs } from './attached-interface.js';

export interface AttachOptions {
  /** By a clsact filter even where the kernel has tcx. */
  readonly forceClsact: boolean;
}

/** What is attached where, by interface index. */
export class Attachments {
  private readonly attached = new Map<number, AttachedInterface>();

  constructor(
    private readonly programs: Programs,
    private readonly pins: PinDirectory,
    private readonly options: AttachOptions,
  ) {}

  /** Attaches to those of `wanted` that are new, lets go of all others, those of an earlier process among them. */
  sync(wanted: readonly NetInterface[], dropping: boolean): void {
    const byIndex = new Map(wanted.map((net) => [net.ifindex, net]));
    for (const [ifindex, attached] of this.attached) {
      if (byIndex.get(ifindex)?.name === attached.name && !attached.isGone()) continue;
      attached.remove();
      this.attached.delete(ifindex);
    }
    for (const ifindex of this.pins.ifindexes()) if (!byIndex.has(ifindex)) this.removeStale(ifindex);
    for (const net of wanted) {
      if (this.attached.has(net.ifindex)) continue;
      const attached = new AttachedInterface(net, this.programs, this.pins);
      this.attached.set(net.ifindex, attached);
      attached.attachTap(this.options.forceClsact);
    }
    this.setDropping(dropping);
  }

  setDropping(on: boolean): void {
    for (const attached of this.attached.values()) {
      if (on) attached.attachXdp();
      else attached.detachXdp();
    }
  }

  nameOf(ifindex: number): string {
    return this.attached.get(ifindex)?.name ?? `if${ifindex}`;
  }

  list(): TapInterface[] {
    return [...this.attached.values()].map((attached) => attached.describe());
  }

  close(): void {
    for (const attached of this.attached.values()) attached.close();
  }

  private removeStale(ifindex: number): void {
    for (const name of this.pins.linksOf(ifindex)) this.pins.unpin(name);
    const made = this.pins.clsactNotes().get(ifindex);
    if (made === undefined) return;
    detachClsact(ifindex, made);
    this.pins.forgetClsact(ifindex);
  }
}
