import type { LatencyTrace } from '@guardpost/contracts';
import type { MitigationRow, PlacementRow } from '../ledger/tables.js';

/** The path of the first packet, from the placement that was in force first. */
export function traceOf(mitigation: MitigationRow, placements: readonly PlacementRow[]): LatencyTrace {
  const earliest = (pick: (p: PlacementRow) => number | null): number | null => {
    const times = placements.map(pick).filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  };
  const first = mitigation.first_packet_at;
  const point = (at: number | null) => ({ at, sinceFirstMs: at === null || first === null ? null : (at - first) / 1000 });
  return {
    firstPacket: point(first),
    queued: point(mitigation.queued_at),
    received: point(mitigation.received_at),
    decided: point(mitigation.created_at),
    accepted: point(earliest((p) => p.accepted_at)),
    confirmed: point(earliest((p) => p.confirmed_at)),
    firstHit: point(earliest((p) => p.first_hit_at)),
  };
}
