import type { Tap } from '@guardpost/bpf';
import type { Capture } from '../capture/capture.js';
import type { OnDemandCaptures } from '../capture/on-demand/on-demand.js';
import type { Outbox } from '../deliver/outbox.js';
import type { Spool } from '../deliver/spool.js';
import type { Detector } from '@guardpost/detect';
import type { SuspiciousLog } from '../log/suspicious-log.js';
import type { FlowExport } from '../export/flow-export.js';
import type { SummarySender } from '../export/summary/summary-sender.js';
import type { Refusals } from '../trust/refusals.js';
import type { Reporter } from './reporter.js';

export interface Counted {
  readonly tap: Pick<Tap, 'counters'>;
  readonly capture: Capture;
  readonly detector: Detector;
  readonly outbox: Outbox;
  readonly spool: Spool;
  readonly reporter: Reporter;
  readonly refusals: Refusals;
  readonly log: SuspiciousLog;
  readonly flowExport: FlowExport;
  readonly summaries: SummarySender;
  readonly captures: OnDemandCaptures;
}

/** Every counter of the tracer by part and name, as whole numbers: in the heartbeat, and as metrics. */
export function countersOf(c: Counted): Record<string, number> {
  const parts: Record<string, object> = {
    tap: c.tap.counters(),
    capture: c.capture.counts,
    suppressed: c.detector.suppressed,
    outbox: { ...c.outbox.counts, torn: c.spool.torn },
    reports: c.reporter.counts,
    refused: Object.fromEntries([...c.refusals.byKind].map(([kind, n]) => [kind.replaceAll(' ', '_'), n])),
    log: { lost: c.log.lost },
    flows: { ...c.flowExport.ledger.counts, ...c.flowExport.counts },
    ipfix: { ...c.flowExport.exporter?.counts, ...c.flowExport.outlet?.counts },
    summaries: c.summaries.counts,
    captures: c.captures.counts,
  };
  return Object.fromEntries(
    Object.entries(parts).flatMap(([part, counts]) =>
      Object.entries(counts).flatMap(([name, n]) =>
        typeof n === 'number' || typeof n === 'bigint' ? [[`${part}.${name}`, Math.max(0, Math.trunc(Number(n)))]] : [],
      ),
    ),
  );
}
