import { Report, redisKeys } from '@guardpost/contracts';
import { SequenceGuard, type Opener, type StreamEntry } from '@guardpost/platform';
import { Injectable, Logger } from '@nestjs/common';
import { Boxes } from '../boxes/boxes.service.js';
import { DeadLetters } from '../dead-letters/dead-letters.service.js';
import { Lists } from '../lists/lists.service.js';
import { FlowReports } from './flow-reports.js';

/** A box that holds an older list than ours for so many heartbeats gets the list anew. */
const LAG_BEATS = 3;

/** Reads what the boxes report. Only what changes the ledger is left to the leader; every bridge knows who is alive. */
@Injectable()
export class ReportsConsumer {
  private readonly logger = new Logger(ReportsConsumer.name);
  private readonly order = new SequenceGuard();
  private readonly lag = new Map<string, number>();
  leads: () => boolean = () => false;

  constructor(
    private readonly instance: string,
    private readonly opener: Opener,
    private readonly flows: FlowReports,
    private readonly of: { readonly boxes: Boxes; readonly lists: Lists },
    private readonly deadLetters: DeadLetters,
  ) {}

  async take(entries: readonly StreamEntry[]): Promise<void> {
    for (const entry of entries) await this.one(entry);
  }

  private async one({ envelope: raw, id }: StreamEntry): Promise<void> {
    const refuse = (reason: string): Promise<void> =>
      this.deadLetters.add({ side: 'bridge', by: this.instance, channel: redisKeys.reports, reason, sample: raw, dedupe: `reports ${id}` });
    const opened = this.opener.open(raw, Report);
    if ('refused' in opened) return refuse(opened.refused);
    const { from, boot, seq } = opened.envelope;
    const box = this.of.boxes.find(from);
    if (box === undefined) return refuse(`${from} is no box of the configuration`);
    const order = this.order.accept(from, boot, seq);
    if ('refused' in order) return refuse(order.refused);
    if (order.gap > 0) this.logger.warn(`${from}: ${order.gap} report(s) missing`);
    const report = opened.body;
    if ('device' in report && !box.devices.includes(report.device))
      return refuse(`${from} speaks of ${report.device}, which is not its own`);
    await this.act(from, report, `${from} ${boot} ${seq}`);
  }

  private async act(from: string, report: Report, dedupe: string): Promise<void> {
    if (report.kind === 'heartbeat') {
      this.of.boxes.onHeartbeat(from, report);
      if (this.leads()) await this.mendLists(from, report);
      return;
    }
    if (report.kind === 'refused')
      return this.deadLetters.add({ side: 'box', by: from, channel: report.channel, reason: report.reason, sample: report.sample, dedupe });
    if (!this.leads()) return;
    switch (report.kind) {
      case 'flow':
        return this.flows.seen(report);
      case 'hit':
        return this.flows.hit(report);
      case 'flows':
        return this.flows.table(report);
      case 'drops':
        return this.flows.drops(from, report);
    }
  }

  private async mendLists(box: string, held: { watchVersion: number; dropVersion: number }): Promise<void> {
    if (this.of.lists.agrees(box, held)) {
      this.lag.delete(box);
      return;
    }
    const beats = (this.lag.get(box) ?? 0) + 1;
    this.lag.set(box, beats % LAG_BEATS);
    if (beats < LAG_BEATS) return;
    this.logger.warn(`${box} holds other lists than ours: publishing them again`);
    await this.of.lists.mend(box, held);
  }
}
