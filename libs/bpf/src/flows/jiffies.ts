import { tickNs } from '../clock/boot-clock.js';
import type { BpfObject } from '../libbpf/bpf-object.js';
import { testRun } from '../libbpf/test-run.js';

const SMALLEST_FRAME = Buffer.alloc(64);

/** Turns the low 32 bits of jiffies into boot time, by one reading of both clocks in the kernel. */
export class Jiffies {
  private constructor(
    private readonly bootNs: bigint,
    private readonly now: number,
    private readonly tick: number,
  ) {}

  /** Take one for each reading of the table: jiffies stand still while the machine sleeps, the boot clock does not. */
  static read(tap: BpfObject): Jiffies {
    testRun(tap.program('clocks'), SMALLEST_FRAME);
    const jiffies = tap.global('clock_jiffies').getBigUint64(0, true);
    return new Jiffies(tap.global('clock_boot_ns').getBigUint64(0, true), Number(jiffies & 0xffff_ffffn), tickNs());
  }

  /** What `toBootNs` computes with, for loops over many. */
  get reading(): { readonly bootNs: number; readonly now: number; readonly tick: number } {
    return { bootNs: Number(this.bootNs), now: this.now, tick: this.tick };
  }

  /** Good to a tick; wrong for what is older than 2^31 ticks (25 days or more) or from before a sleep of the machine. */
  toBootNs(low: number): bigint {
    return this.bootNs - BigInt(((this.now - low) | 0) * this.tick);
  }
}
