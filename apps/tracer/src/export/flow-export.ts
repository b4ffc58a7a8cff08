import { columnsOf, type FlowSample, type Tap } from '@guardpost/bpf';
import type { Clock } from '@guardpost/detect';
import { FlowLedger, type Mark } from './flow-ledger.js';
import { FlowReader } from './flow-reader.js';
import { Exporter, type ExporterOptions } from './ipfix/exporter.js';
import { Outlet, type CollectorAddress } from './ipfix/outlet.js';
import { Summariser, type SummaryOptions } from './summary/summariser.js';

export interface FlowExportOptions {
  readonly maxFlows: number;
  readonly ipfix: (ExporterOptions & { readonly collectors: readonly CollectorAddress[]; readonly messagesPerSecond: number }) | undefined;
  readonly summary: SummaryOptions | undefined;
}

const ROUND_MS = 1_000;
const ROUND_AT_MOST_MS = 10_000;
/** As the detector's: a reading that took t is followed by the next after 50 t. */
const ROUND_REST = 50;

/** Reads every flow of the tap again and again, and hands on what is new: as IPFIX to collectors, as summaries to the bridges. */
export class FlowExport {
  readonly counts = { rounds: 0 };
  /** How long the last reading took. */
  roundMs = 0;
  problem: string | undefined;
  readonly ledger: FlowLedger;
  readonly exporter: Exporter | undefined;
  readonly outlet: Outlet | undefined;
  private readonly summariser: Summariser | undefined;
  private readonly reader: FlowReader;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    options: FlowExportOptions,
    private readonly tap: Pick<Tap, 'flows' | 'flowColumns' | 'counters' | 'interfaces'>,
    private readonly clock: Clock,
    summarise: ConstructorParameters<typeof Summariser>[4],
    private readonly onProblem: (message: string) => void,
  ) {
    const { ipfix, summary } = options;
    const marks: Mark[] = [...(ipfix === undefined ? [] : ['exported' as const]), ...(summary === undefined ? [] : ['tallied' as const])];
    this.reader = new FlowReader(clock);
    this.ledger = new FlowLedger(options.maxFlows, marks, this.nowMs());
    if (ipfix !== undefined) {
      this.outlet = new Outlet(ipfix.collectors, ipfix.messagesPerSecond, onProblem);
      this.exporter = new Exporter(ipfix, this.ledger, this.outlet, () => this.nowMs());
    }
    if (summary !== undefined) this.summariser = new Summariser(summary, this.ledger, tap, this.nowMs(), summarise);
  }

  get isOn(): boolean {
    return this.exporter !== undefined || this.summariser !== undefined;
  }

  /** The tap runs. */
  start(): void {
    if (!this.isOn) return;
    this.summariser?.begin();
    this.round();
  }

  /** The last counts of a flow that had to leave the tap's table. */
  evicted(sample: FlowSample): void {
    if (!this.isOn) return;
    const flow = this.reader.read(sample);
    if (this.ledger.evicted(flow)) return;
    this.exporter?.evicted(flow);
    this.summariser?.evicted(flow);
  }

  /** Tells what has not been told. Call while the tap can be read. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    if (this.timer !== undefined) {
      const nowMs = this.read();
      this.exporter?.finish(nowMs);
      this.summariser?.finish(nowMs);
    }
    this.timer = undefined;
    await this.outlet?.close();
  }

  private round(): void {
    const began = performance.now();
    try {
      const nowMs = this.read();
      this.exporter?.round(nowMs);
      this.summariser?.round(nowMs);
      this.forget();
      this.problem = undefined;
    } catch (error) {
      this.problem = `flows can't be exported: ${error instanceof Error ? error.message : String(error)}`;
      this.onProblem(this.problem);
    }
    const took = performance.now() - began;
    this.counts.rounds += 1;
    this.roundMs = took;
    this.timer = setTimeout(() => this.round(), Math.min(Math.max(ROUND_MS, ROUND_REST * took), ROUND_AT_MOST_MS));
  }

  /** Synchronous on purpose: an eviction between reading the table and counting it would be counted twice. */
  private read(): number {
    const columns = this.tap.flowColumns?.() ?? columnsOf(this.tap.flows());
    const offsetMs = this.reader.offsetMs();
    this.ledger.beginRound();
    for (let row = 0; row < columns.count; row++) this.ledger.sample(this.reader.readRow(columns, row, offsetMs));
    const nowMs = this.nowMs();
    this.ledger.endRound(nowMs);
    return nowMs;
  }

  private forget(): void {
    for (let row = 0; row < this.ledger.end; row++) if (this.ledger.isUsed(row)) this.ledger.forget(row);
  }

  private nowMs(): number {
    return Math.floor(this.clock.nowUs() / 1000);
  }
}
