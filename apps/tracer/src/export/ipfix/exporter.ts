import type { FlowLedger } from '../flow-ledger.js';
import { newFlowView, type FlowView } from '../flow-view.js';
import { END_REASON, MessageWriter, type EndReason } from './message-writer.js';
import type { Outlet } from './outlet.js';

export interface ExporterOptions {
  /** Observation domain id. */
  readonly domain: number;
  readonly activeSeconds: number;
  readonly idleSeconds: number;
  readonly templateSeconds: number;
  readonly maxMessageBytes: number;
}

/** Messages kept free for flows that have no room in the ledger: those can't wait. */
const RESERVE = 64;

/** Turns what the ledger holds into records: of a flow that went on for long enough, that fell silent, or that can't be kept. */
export class Exporter {
  /** `deferred`: times that flows were due and waited for room. `lost*`: of flows that could not wait. */
  readonly counts = {
    records: 0,
    packets: 0,
    bytes: 0,
    messages: 0,
    templates: 0,
    deferred: 0,
    lostRecords: 0,
    lostPackets: 0,
    lostBytes: 0,
  };
  private readonly writer: MessageWriter;
  private readonly flow = newFlowView();
  private templatesAtMs = -Infinity;

  constructor(
    private readonly options: ExporterOptions,
    private readonly ledger: FlowLedger,
    private readonly outlet: Pick<Outlet, 'give' | 'room'>,
    private readonly nowMs: () => number,
  ) {
    this.writer = new MessageWriter(options.domain, options.maxMessageBytes, nowMs, (message) => {
      this.counts.messages += 1;
      outlet.give(message);
    });
  }

  /** After each reading. What there is no room for now is due again after the next. */
  round(nowMs: number): void {
    this.sendTemplates(nowMs);
    const { ledger } = this;
    const { activeSeconds, idleSeconds } = this.options;
    for (let row = 0; row < ledger.end; row++) {
      if (!ledger.isUsed(row) || ledger.pending(row, 'exported') === 0) continue;
      const reason =
        nowMs - ledger.lastMs(row) >= idleSeconds * 1000
          ? END_REASON.idle
          : nowMs - ledger.startMs(row) >= activeSeconds * 1000
            ? END_REASON.active
            : undefined;
      if (reason === undefined) continue;
      if (this.outlet.room <= RESERVE) {
        this.counts.deferred += 1;
        break;
      }
      this.tell(row, reason);
    }
    this.writer.flush();
  }

  /** A flow that the ledger has no room for, whole. */
  evicted(flow: FlowView): void {
    if (this.outlet.room > 1) {
      this.sendTemplates(this.nowMs());
      this.write(flow, END_REASON.noResources);
    } else this.lose(flow.packets, flow.bytes);
  }

  /** All that has not been told, as far as there is room; the rest is lost. */
  finish(nowMs: number): void {
    this.sendTemplates(nowMs);
    const { ledger } = this;
    for (let row = 0; row < ledger.end; row++) {
      if (!ledger.isUsed(row) || ledger.pending(row, 'exported') === 0) continue;
      if (this.outlet.room > 1) this.tell(row, END_REASON.forced);
      else this.lose(ledger.pending(row, 'exported'), ledger.pendingBytes(row, 'exported'));
    }
    this.writer.flush();
  }

  private lose(packets: number, bytes: number): void {
    this.counts.lostRecords += 1;
    this.counts.lostPackets += packets;
    this.counts.lostBytes += bytes;
  }

  private tell(row: number, reason: EndReason): void {
    this.ledger.read(row, 'exported', this.flow);
    this.write(this.flow, reason);
    this.ledger.told(row, 'exported');
  }

  private write(flow: FlowView, reason: EndReason): void {
    this.writer.add(flow, reason);
    this.counts.records += 1;
    this.counts.packets += flow.packets;
    this.counts.bytes += flow.bytes;
  }

  /** Before the first data, and again and again: UDP loses, and collectors start later than we do. */
  private sendTemplates(nowMs: number): void {
    if (nowMs - this.templatesAtMs < this.options.templateSeconds * 1000 && nowMs >= this.templatesAtMs) return;
    this.templatesAtMs = nowMs;
    this.counts.templates += 1;
    this.writer.templates();
  }
}
