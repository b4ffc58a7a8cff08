import type { Report } from '@guardpost/contracts';
import { parseDrops, type MonitorEvent } from './ovs-output.js';

export const TABLE_EVERY_MS = 5_000;
export const HIT_EVERY_MS = 250;
const HIT_FOR_US = 10_000_000;
const MAX_AWAITED = 1_000;

/** Tells the bridges what one flow table holds: events at once, the first packet that a new rule dropped, all of it every 5 s. */
export class BridgeWatch {
  problem: string | undefined;
  /** Rules whose first hit is looked out for, and until when. */
  private readonly awaited = new Map<string, number>();
  private polling: Promise<void> | undefined;
  private tableWanted = false;
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly device: string,
    private readonly dumpFlows: () => Promise<string>,
    private readonly nowUs: () => number,
    private readonly report: (report: Report) => void,
  ) {}

  start(): void {
    this.timers = [setInterval(() => this.tellTable(), TABLE_EVERY_MS), setInterval(() => this.lookForHits(), HIT_EVERY_MS)];
  }

  async stop(): Promise<void> {
    this.timers.forEach((timer) => clearInterval(timer));
    await this.polling;
  }

  onEvent({ event, flowId }: MonitorEvent): void {
    const at = this.nowUs();
    this.report({ kind: 'flow', device: this.device, flowId, event, at });
    this.awaited.delete(flowId);
    if (event === 'added' && this.awaited.size < MAX_AWAITED) this.awaited.set(flowId, at + HIT_FOR_US);
  }

  tellTable(): void {
    this.tableWanted = true;
    this.poll();
  }

  private lookForHits(): void {
    const now = this.nowUs();
    for (const [flowId, until] of this.awaited) if (until < now) this.awaited.delete(flowId);
    if (this.awaited.size > 0) this.poll();
  }

  /** One reading at a time serves both. */
  private poll(): void {
    this.polling ??= this.read().finally(() => {
      this.polling = undefined;
    });
  }

  private async read(): Promise<void> {
    const tellTable = this.tableWanted;
    this.tableWanted = false;
    try {
      const drops = parseDrops(await this.dumpFlows());
      const at = this.nowUs();
      this.problem = undefined;
      for (const flowId of this.awaited.keys()) {
        const packets = drops.get(flowId) ?? 0;
        if (packets === 0) continue;
        this.awaited.delete(flowId);
        this.report({ kind: 'hit', device: this.device, flowId, packets, at });
      }
      if (tellTable) this.report({ kind: 'flows', device: this.device, flowIds: [...drops.keys()], at });
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }
}
