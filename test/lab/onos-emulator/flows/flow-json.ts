import type { FlowEntry } from './flow-table.js';

/** FlowEntryCodec */
export function flowJson({ rule, state, life, lastSeen, packets, bytes }: FlowEntry): unknown {
  return {
    groupId: 0,
    state,
    life,
    liveType: 'UNKNOWN',
    lastSeen,
    packets,
    bytes,
    id: rule.id,
    appId: rule.appId,
    priority: rule.priority,
    timeout: rule.timeout,
    isPermanent: rule.timeout === 0,
    deviceId: rule.deviceId,
    tableId: rule.tableId,
    tableName: String(rule.tableId),
    treatment: rule.treatment,
    selector: rule.selector,
  };
}
