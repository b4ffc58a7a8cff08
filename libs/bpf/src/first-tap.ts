import { columnsOf } from './flows/columns-of.js';
import type { FlowColumns } from './flows/flow-columns.js';
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

export interface TapCandidate {
  readonly name: string;
  readonly tap: Tap;
}
/** A tap that could not be started, and why. */
export interface TapFailure {
  readonly name: string;
  readonly why: string;
}

/** The first of several taps that starts. */
export class FirstTap implements Tap {
  private chosen: Tap | undefined;

  /** `onChoice` is told when one has started, with those before it that did not. */
  constructor(
    private readonly candidates: readonly TapCandidate[],
    private readonly onChoice: (name: string, failures: readonly TapFailure[]) => void,
  ) {}

  /** Throws where none starts: why, of each. */
  async start(onEvent: (event: TapEvent) => void, onFlowEvicted?: (flow: FlowSample) => void): Promise<void> {
    if (this.chosen !== undefined) throw new Error('the tap runs already');
    const failures: TapFailure[] = [];
    for (const { name, tap } of this.candidates) {
      try {
        await tap.start(onEvent, onFlowEvicted);
        this.chosen = tap;
        this.onChoice(name, failures);
        return;
      } catch (error) {
        failures.push({ name, why: error instanceof Error ? error.message : String(error) });
      }
    }
    throw new Error(failures.map(({ name, why }) => `no ${name} tap: ${why}`).join('\n'));
  }

  setWatch(entries: readonly WatchEntry[]): Promise<number> {
    return this.running().setWatch(entries);
  }
  setDrops(entries: readonly DropEntry[], safe: readonly ProtectedEndpoint[]): Promise<void> {
    return this.running().setDrops(entries, safe);
  }
  dropCounts(): DropCount[] {
    return this.running().dropCounts();
  }
  flows(options?: { readonly matchedOnly?: boolean }): FlowSample[] {
    return this.running().flows(options);
  }
  flowColumns(options?: { readonly matchedOnly?: boolean }): FlowColumns {
    const tap = this.running();
    return tap.flowColumns?.(options) ?? columnsOf(tap.flows(options));
  }
  counters(): TapCounters {
    return this.running().counters();
  }
  interfaces(): TapInterface[] {
    return this.running().interfaces();
  }
  sync(): Promise<void> {
    return this.running().sync();
  }
  async close(): Promise<void> {
    await this.chosen?.close();
    this.chosen = undefined;
  }
  async remove(): Promise<void> {
    await this.chosen?.remove();
    this.chosen = undefined;
  }

  private running(): Tap {
    if (this.chosen === undefined) throw new Error('the tap does not run: start it first');
    return this.chosen;
  }
}
