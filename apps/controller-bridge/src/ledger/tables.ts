import type { Generated, Selectable } from 'kysely';

/** Times are microseconds since 1970. `*_json` holds a value of the codec that is named beside it. */
export interface LedgerTables {
  lease: { name: string; holder: string; until_ms: number };
  request: { request_id: string; kind: string; result_json: string; at: number };
  indicator: {
    id: string;
    rule: number;
    feed: string;
    prefix: string;
    proto: number | null;
    port: number | null;
    confidence: number;
    valid_from: number;
    valid_until: number | null;
    note: string | null;
    added_at: number;
    removed_at: number | null;
  };
  /** One row a message that was taken: the number of a message can't be used twice. */
  received: { box: string; boot: string; seq: number; hash: string; at: number };
  /** `body_json`: Detection, the newest revision. */
  detection: {
    id: string;
    revision: number;
    box: string;
    body_json: string;
    received_at: number;
    decision: string;
    mitigation_id: string | null;
  };
  mitigation: {
    id: string;
    target_key: string;
    prefix: string;
    proto: number | null;
    port: number | null;
    /** Comma list of actions. */
    actions: string;
    scope: string;
    state: string;
    /** 1 until lifted or failed: at most one live mitigation a target. */
    live: number;
    reason: string;
    by: string;
    offence: number;
    detection_id: string | null;
    first_packet_at: number | null;
    queued_at: number | null;
    received_at: number | null;
    created_at: number;
    expires_at: number;
    lifted_at: number | null;
    muted_until: number | null;
  };
  placement: {
    id: string;
    mitigation_id: string;
    action: string;
    box: string | null;
    device: string | null;
    in_port: string | null;
    side: string | null;
    /** Of `withdraw-intent`: intent, guard or stand-in. */
    role: string | null;
    /** Of a flow rule. */
    priority: number | null;
    /** `FlowRule` of a guard or stand-in, and what makes it one with another: several mitigations may want the same rule. */
    rule_json: string | null;
    rule_key: string | null;
    intent_app: string | null;
    intent_key: string | null;
    /** `IntentRecord`: the intent as it was when it was last taken out. */
    record_json: string | null;
    state: string;
    flow_id: string | null;
    attempts: number;
    retry_at: number;
    problem: string | null;
    requested_at: number;
    accepted_at: number | null;
    confirmed_at: number | null;
    first_hit_at: number | null;
    packets: number;
    bytes: number;
    drifts: number;
  };
  transition: {
    mitigation_id: string;
    at: number;
    from_state: string | null;
    to_state: string;
    who: string;
    why: string;
  };
  /** What a person or a program did to the network through us. */
  audit: { id: Generated<number>; at: number; who: string; what: string; subject: string; request_json: string; outcome: string };
  dead_letter: {
    id: Generated<number>;
    /** Same key, same refusal: a message that is read again is not listed again. */
    dedupe: string;
    at: number;
    side: string;
    by: string;
    channel: string;
    reason: string;
    sample: string;
  };
  /** How far a bridge has read a Redis stream. */
  position: { instance: string; stream: string; entry: string };
}

export type IndicatorRow = Selectable<LedgerTables['indicator']>;
export type MitigationRow = Selectable<LedgerTables['mitigation']>;
export type PlacementRow = Selectable<LedgerTables['placement']>;
