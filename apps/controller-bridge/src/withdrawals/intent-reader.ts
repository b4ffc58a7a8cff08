import { isKnownIntent, OnosFailure, unwrap, type FlowEntry, type Intent, type KnownIntent, type OnosClient } from '@guardpost/intents';
import type { Inventory } from '../inventory/inventory.service.js';
import type { PlacementRow } from '../ledger/tables.js';
import { recordedRule, routePrefix, type IntentRecord, type RecordedRule } from './intent-record.js';

/** The application of the rules that intents become. */
const INTENT_RULES = 'org.onosproject.net.intent';
/** Up to here single reads are cheaper than a list. */
const FEW = 8;

/** A placement, and what its intent was when it was last taken out. */
export interface Withdrawal {
  readonly row: PlacementRow;
  readonly record: IntentRecord;
}

/** Reads of ONOS what withdrawals need to know: nothing is changed. */
export class IntentReader {
  constructor(
    private readonly onos: OnosClient,
    private readonly inventory: Inventory,
  ) {}

  /** By placement: the intent as ONOS has it, undefined where it has none. */
  async read(rows: readonly PlacementRow[]): Promise<Map<string, Intent | undefined>> {
    if (rows.length === 0) return new Map();
    if (rows.length <= FEW) return new Map(await Promise.all(rows.map(async (row) => [row.id, await this.intentOf(row)] as const)));
    const apps = [...new Set(rows.map((r) => r.intent_app ?? ''))];
    const all = (await Promise.all(apps.map((app) => unwrap(this.onos.intents.ofApp(app))))).flat();
    const byKey = new Map(all.map((i) => [`${i.appId} ${i.key}`, i]));
    return new Map(rows.map((row) => [row.id, byKey.get(`${row.intent_app ?? ''} ${row.intent_key ?? ''}`)]));
  }

  async intentOf({ intent_app, intent_key }: PlacementRow): Promise<Intent | undefined> {
    return absent(unwrap(this.onos.intents.get(intent_app ?? '', intent_key ?? '')), undefined);
  }

  async rulesOf({ appId, key }: { readonly appId: string; readonly key: string }): Promise<RecordedRule[]> {
    const paths = await absent(
      unwrap(this.onos.intents.relatedFlows(appId, key)).then((r) => r.paths),
      [],
    );
    return paths.flat().map(recordedRule);
  }

  /** Ids (`device/flow`) of rules that other intents stand on too. SDN-IP's are told by what they match, without asking. */
  async shared({ intent, rules }: IntentRecord, all: readonly Intent[]): Promise<Set<string>> {
    if (routePrefix(intent) !== undefined) return new Set();
    const theirs = new Set(
      (await Promise.all(siblingsOf(intent, all).map((other) => this.rulesOf(other)))).flat().map((r) => `${r.deviceId}/${r.flowId}`),
    );
    return new Set(rules.map((r) => `${r.deviceId}/${r.flowId}`).filter((id) => theirs.has(id)));
  }

  /** Of each withdrawal: its own rules that ONOS still has. Those that others stand on may stay; a switch that is away can't answer. */
  async rulesLeft(withdrawals: readonly Withdrawal[]): Promise<(row: PlacementRow) => string[]> {
    const own = new Map(
      withdrawals.map(({ row, record }) => {
        const route = routePrefix(record.intent) !== undefined;
        const rules = record.rules.filter(
          (r) =>
            this.inventory.devices.get(r.deviceId)?.available !== false &&
            (!route || r.selector.criteria.some((c) => c.type === 'IPV4_DST' || c.type === 'IPV6_DST')),
        );
        return [row.id, rules];
      }),
    );
    const all = [...own.values()].flat();
    const standingIds = new Set<string>();
    const note = (f: FlowEntry): void => void (f.state !== 'REMOVED' && standingIds.add(`${f.deviceId}/${f.id}`));
    if (all.length > FEW * 4) (await absent(unwrap(this.onos.flows.ofApp(INTENT_RULES)), [])).forEach(note);
    else
      for (const f of await Promise.all(all.map((r) => absent(unwrap(this.onos.flows.get(r.deviceId, r.flowId)), undefined))))
        if (f !== undefined) note(f);
    return (row) => (own.get(row.id) ?? []).map((r) => `${r.deviceId}/${r.flowId}`).filter((id) => standingIds.has(id));
  }
}

/** Intents that leave the network by the same way at the same priority: they may share rules. */
export function siblingsOf(intent: KnownIntent, all: readonly Intent[]): KnownIntent[] {
  const way = (i: KnownIntent): string => JSON.stringify([i.priority, 'egressPoint' in i ? i.egressPoint : [i.one, i.two], i.treatment]);
  const mine = way(intent);
  return all
    .filter(isKnownIntent)
    .filter((i) => !(i.appId === intent.appId && i.key === intent.key) && i.state === 'INSTALLED' && way(i) === mine);
}

/** `fallback` where ONOS does not have what was asked for. */
export async function absent<A, B>(answer: Promise<A>, fallback: B): Promise<A | B> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OnosFailure && error.error.kind === 'not-found') return fallback;
    throw error;
  }
}
