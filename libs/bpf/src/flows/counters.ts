import type { BpfObject } from '../libbpf/bpf-object.js';
import { lookupElement, possibleCpus } from '../libbpf/maps.js';
import { DROP_STATS, TAP_STATS } from '../layout/offsets.generated.js';
import type { TapCounters } from '../tap.port.js';

/** Sum over CPUs of one 64-bit count of a per-CPU struct. */
function perCpu(fd: number, size: number): (offset: number) => number {
  const cpus = possibleCpus();
  const values = Buffer.alloc(size * cpus);
  lookupElement(fd, 0, values);
  return (offset) => {
    let sum = 0;
    for (let cpu = 0; cpu < cpus; cpu++) sum += Number(values.readBigUInt64LE(cpu * size + offset));
    return sum;
  };
}

export function readCounters(tap: BpfObject, drop: BpfObject): TapCounters {
  const seen = perCpu(tap.map('tap_stats'), TAP_STATS.size);
  const dropped = perCpu(drop.map('drop_stats'), DROP_STATS.size);
  return {
    otherPackets: seen(TAP_STATS.otherPackets),
    otherBytes: seen(TAP_STATS.otherBytes),
    truncated: seen(TAP_STATS.truncated),
    malformed: seen(TAP_STATS.malformed),
    tooDeep: seen(TAP_STATS.tooDeep),
    fragments: seen(TAP_STATS.fragments),
    tunnelled: seen(TAP_STATS.tunnelled),
    evicted: seen(TAP_STATS.evicted),
    evictLost: seen(TAP_STATS.evictLost),
    evictLostPackets: seen(TAP_STATS.evictLostPackets),
    evictLostBytes: seen(TAP_STATS.evictLostBytes),
    eventLost: seen(TAP_STATS.eventLost),
    chainLong: seen(TAP_STATS.chainLong),
    dropChainLong: dropped(DROP_STATS.chainLong),
    droppedPackets: dropped(DROP_STATS.droppedPackets),
    droppedBytes: dropped(DROP_STATS.droppedBytes),
    sparedSafe: dropped(DROP_STATS.sparedSafe),
    sparedNd: dropped(DROP_STATS.sparedNd),
    dropExpired: dropped(DROP_STATS.expired),
    dropTruncated: dropped(DROP_STATS.truncated),
    dropMalformed: dropped(DROP_STATS.malformed),
    dropTooDeep: dropped(DROP_STATS.tooDeep),
  };
}
