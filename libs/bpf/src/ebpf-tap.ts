import { Attachments } from './attach/attachments.js';
import { DropList } from './drop/drop-list.js';
import { decodeEvent } from './events/decode-event.js';
import { RingReader } from './events/ring-reader.js';
import { readCounters } from './flows/counters.js';
import { decodeEvicted, type FlowContext } from './flows/decode-flow.js';
import type { FlowColumns } from './flows/flow-columns.js';
import { FlowTable } from './flows/flow-table.js';
import { Jiffies } from './flows/jiffies.js';
import { buildList } from './list/build-list.js';
import { swapList } from './list/list-holder.js';
import { listInterfaces, watchInterfaces } from './net/rtnetlink.js';
import { loadPinned, type PinnedObjects, type PinnedOptions } from './pins/load-pinned.js';
import { removePins } from './pins/pin-directory.js';
import type {
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

export interface EbpfTapOptions extends PinnedOptions {
  /** A folder on bpffs of this tap's own, such as /sys/fs/bpf/guardpost-gist1. Made where missing. */
  readonly pinDir: string;
  /** Which interfaces of this network namespace to tap, by name. */
  readonly interfaces: (name: string) => boolean;
  /**
   * `clsact` even where the kernel has tcx.
   * @defaultValue 'link', and clsact where the kernel has no tcx
   */
  readonly hook?: 'link' | 'clsact';
  /**
   * Of each flow that the watch list knows, so many first packets come as events, with so many bytes of each (256 at the most).
   * @defaultValue the first packet, without bytes
   */
  readonly evidence?: { readonly packets: number; readonly bytes: number };
}

/** c/guard.h keeps the highest bit for itself. */
const GENERATION_MASK = 0x7fff_ffff;

type FlowHandler = (flow: FlowSample) => void;

/** What there is between start and close. */
interface Running extends PinnedObjects {
  readonly attachments: Attachments;
  readonly drops: DropList;
  readonly table: FlowTable;
  readonly rings: readonly RingReader[];
  readonly drainEvicted: () => void;
  readonly stopWatching: () => void;
}

/** The tap of Linux: tc programs that see, an XDP program that drops, maps that outlive the process. Needs root (or CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON). */
export class EbpfTap implements Tap {
  private running: Running | undefined;
  /** Changes one after another: each leaves pins, lists and links in accord. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: EbpfTapOptions) {}

  /** Throws BpfError where the kernel refuses, Error where it runs already. */
  start(onEvent: (event: TapEvent) => void, onFlowEvicted: FlowHandler = () => undefined): Promise<void> {
    return this.inTurn(() => {
      if (this.running !== undefined) throw new Error('the tap runs already');
      this.running = this.open(onEvent, onFlowEvicted);
      this.attach();
    });
  }

  setWatch(entries: readonly WatchEntry[]): Promise<number> {
    return this.inTurn(async () => {
      const { tap } = this.whileRunning();
      const inForce = tap.global('generation');
      const generation = (inForce.getUint32(0, true) + 1) & GENERATION_MASK || 1;
      const list = entries.map(({ rule, prefix, proto, port }) => ({ value: rule, prefix, proto, port }));
      await swapList(tap.map('watch_lists'), buildList(list, generation));
      // Now the kernel asks the new list again for every flow that it sees.
      inForce.setUint32(0, generation, true);
      return generation;
    });
  }

  setDrops(entries: readonly DropEntry[], safe: readonly ProtectedEndpoint[]): Promise<void> {
    return this.inTurn(async () => {
      const { drops, attachments } = this.whileRunning();
      if (entries.length === 0) attachments.setDropping(false);
      await drops.set(entries, safe);
      if (entries.length > 0) attachments.setDropping(true);
    });
  }

  dropCounts(): DropCount[] {
    return this.whileRunning().drops.counts();
  }

  /** Hands over flows evicted so far first: what is counted in neither was evicted meanwhile, and comes next. */
  flows({ matchedOnly = false } = {}): FlowSample[] {
    const running = this.whileRunning();
    running.drainEvicted();
    return running.table.read(contextOf(running), matchedOnly);
  }

  flowColumns({ matchedOnly = false } = {}): FlowColumns {
    const running = this.whileRunning();
    running.drainEvicted();
    return running.table.columns(Jiffies.read(running.tap), matchedOnly);
  }

  counters(): TapCounters {
    const { tap, drop } = this.whileRunning();
    return readCounters(tap, drop);
  }

  interfaces(): TapInterface[] {
    return this.whileRunning().attachments.list();
  }

  sync(): Promise<void> {
    return this.inTurn(() => this.attach());
  }

  close(): Promise<void> {
    return this.inTurn(() => this.release());
  }

  remove(): Promise<void> {
    return this.inTurn(() => {
      this.release();
      removePins(this.options.pinDir);
    });
  }

  private open(onEvent: (event: TapEvent) => void, onFlowEvicted: FlowHandler): Running {
    const objects = loadPinned(this.options.pinDir, this.options);
    const { tap, drop, pins } = objects;
    const { packets, bytes } = this.options.evidence ?? { packets: 0, bytes: 0 };
    tap.global('snapshot_packets').setUint32(0, packets, true);
    tap.global('snapshot_bytes').setUint32(0, bytes, true);
    const programs = {
      ingress: tap.program('tap_ingress'),
      egress: tap.program('tap_egress'),
      native: drop.program('drop_native'),
      generic: drop.program('drop_generic'),
    };
    const attachments = new Attachments(programs, pins, { forceClsact: this.options.hook === 'clsact' });
    const nameOf = (ifindex: number): string => attachments.nameOf(ifindex);
    const events = new RingReader(tap.map('events'));
    const evicted = new RingReader(tap.map('evicted'));
    events.listen((view, offset, length) => {
      const event = decodeEvent(view, offset, length, nameOf);
      if (event !== undefined) onEvent(event);
    });
    const takeEvicted = (view: DataView, offset: number, length: number): void => {
      const flow = decodeEvicted(view, offset, length, evictionContext());
      if (flow !== undefined) onFlowEvicted(flow);
    };
    // One reading of the clocks for the records of one turn of the event loop.
    let context: FlowContext | undefined;
    const evictionContext = (): FlowContext => {
      if (context === undefined) {
        context = { jiffies: Jiffies.read(tap), nameOf };
        setImmediate(() => (context = undefined));
      }
      return context;
    };
    evicted.listen(takeEvicted);
    return {
      ...objects,
      attachments,
      drops: new DropList(drop),
      table: new FlowTable(tap),
      rings: [events, evicted],
      drainEvicted: () => void evicted.drain(takeEvicted),
      stopWatching: watchInterfaces(() => void this.sync().catch(() => undefined)),
    };
  }

  private attach(): void {
    const { attachments, drops } = this.whileRunning();
    attachments.sync(
      listInterfaces().filter(({ name }) => this.options.interfaces(name)),
      drops.inForce,
    );
  }

  private release(): void {
    if (this.running === undefined) return;
    const { attachments, drops, table, rings, stopWatching, tap, drop } = this.running;
    this.running = undefined;
    stopWatching();
    for (const ring of rings) ring.close();
    attachments.close();
    table.close();
    drops.close();
    tap.close();
    drop.close();
  }

  private whileRunning(): Running {
    if (this.running === undefined) throw new Error('the tap does not run: start it first');
    return this.running;
  }

  private inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const done = this.last.then(task);
    this.last = done.catch(() => undefined);
    return done;
  }
}

const contextOf = ({ tap, attachments }: Running): FlowContext => ({
  jiffies: Jiffies.read(tap),
  nameOf: (ifindex) => attachments.nameOf(ifindex),
});
