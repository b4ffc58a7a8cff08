import { decode, issuesToText } from '@guardpost/contracts';
import * as t from 'io-ts';

/** An interface of a bridge as its database describes it. */
export interface OvsInterface {
  readonly name: string;
  readonly ofport: number;
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

const Table = t.type({ headings: t.array(t.string), data: t.array(t.array(t.unknown)) });
const Options = t.tuple([t.literal('map'), t.array(t.tuple([t.string, t.string]))]);

/** Reads `ovs-vsctl --format=json --columns=name,ofport,type,options list Interface`. Interfaces without a port are left out. */
export function parseInterfaces(text: string): OvsInterface[] {
  const table = decode(Table, JSON.parse(text));
  if ('issues' in table) throw new Error(`ovs-vsctl said something else: ${issuesToText(table.issues)}`);
  const { headings, data } = table.value;
  const column = (row: readonly unknown[], name: string): unknown => row[headings.indexOf(name)];
  return data.flatMap((row) => {
    const [name, ofport, type] = [column(row, 'name'), column(row, 'ofport'), column(row, 'type')];
    // A port that is not there yet is ["set", []], one that failed is -1.
    if (typeof name !== 'string' || typeof type !== 'string' || typeof ofport !== 'number' || ofport < 0) return [];
    const options = decode(Options, column(row, 'options'));
    return [{ name, ofport, type, options: new Map('value' in options ? options.value[1] : []) }];
  });
}

export interface MonitorEvent {
  readonly event: 'added' | 'deleted';
  /** The cookie, decimal: ONOS' flow id. */
  readonly flowId: string;
}

/**
 * One line of `ovs-ofctl monitor BRIDGE watch:`, of a rule that drops and has a cookie. The monitor prints no `actions=`
 * for a rule without instructions, which is how ONOS installs a drop; a rule changed to something else is gone for us.
 */
export function parseMonitorLine(line: string): MonitorEvent | undefined {
  const found = /^ event=(ADDED|DELETED|MODIFIED)\b.* cookie=(0x[0-9a-f]+)(?: |$)/.exec(line);
  if (found === null) return undefined;
  const flowId = BigInt(found[2]!).toString();
  if (flowId === '0') return undefined;
  const actions = /(?:^| )actions=(\S*)/.exec(line)?.[1] ?? 'drop';
  const drops = isDrop(actions);
  if (found[1] === 'MODIFIED') return { event: drops ? 'added' : 'deleted', flowId };
  return drops ? { event: found[1] === 'ADDED' ? 'added' : 'deleted', flowId } : undefined;
}

/** Whether the monitor has answered: it does so once it watches. */
export const isMonitorReply = (line: string): boolean => line.includes('FLOW_MONITOR reply');

/** Packets of each rule that drops and has a cookie, from `ovs-ofctl dump-flows`. */
export function parseDrops(text: string): Map<string, number> {
  const drops = new Map<string, number>();
  for (const line of text.split('\n')) {
    const found = /^ cookie=(0x[0-9a-f]+),.* n_packets=(\d+),.* actions=(\S*)/.exec(line);
    if (found === null || !isDrop(found[3]!)) continue;
    const flowId = BigInt(found[1]!).toString();
    if (flowId !== '0') drops.set(flowId, (drops.get(flowId) ?? 0) + Number(found[2]));
  }
  return drops;
}

const isDrop = (actions: string): boolean => actions === 'drop' || actions === 'clear_actions' || actions === '';
