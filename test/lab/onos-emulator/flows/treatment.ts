import { intOf, isObject, listOf, objectOf, textOf, type Json } from '../json.js';
import { illegal, required } from '../refusal.js';

export type Instruction = Readonly<Json> & { readonly type: string };
export interface Treatment {
  readonly instructions: readonly Instruction[];
  readonly clearDeferred?: true;
  readonly deferred: readonly Instruction[];
}

export const NO_ACTION: Treatment = { instructions: [{ type: 'NOACTION' }], deferred: [] };
export const output = (port: string): Instruction => ({ type: 'OUTPUT', port });

const RESERVED: Readonly<Record<string, string>> = {
  CONTROLLER: 'CONTROLLER:65535',
  LOCAL: 'LOCAL',
  IN_PORT: 'IN_PORT',
  NORMAL: 'NORMAL',
  ALL: 'ALL',
  FLOOD: 'FLOOD',
};

/** What of an instruction is read and written, and what it is to ovs-ofctl; by type or by type/subtype. */
const KINDS: Readonly<Record<string, { members: readonly string[]; action?: (i: Instruction) => string }>> = {
  NOACTION: { members: [] },
  OUTPUT: { members: ['port'], action: (i) => RESERVED[textOf(i['port'])] ?? `output:${textOf(i['port'])}` },
  TABLE: { members: ['tableId'], action: (i) => `goto_table:${intOf(i['tableId'])}` },
  'L2MODIFICATION/ETH_DST': { members: ['mac'], action: (i) => `set_field:${textOf(i['mac'])}->eth_dst` },
  'L2MODIFICATION/ETH_SRC': { members: ['mac'], action: (i) => `set_field:${textOf(i['mac'])}->eth_src` },
  'L2MODIFICATION/VLAN_ID': { members: ['vlanId'], action: (i) => `set_field:${intOf(i['vlanId']) | 0x1000}->vlan_vid` },
  'L2MODIFICATION/VLAN_PCP': { members: ['vlanPcp'], action: (i) => `set_field:${intOf(i['vlanPcp'])}->vlan_pcp` },
  'L2MODIFICATION/VLAN_PUSH': { members: [], action: () => 'push_vlan:0x8100' },
  'L2MODIFICATION/VLAN_POP': { members: [], action: () => 'pop_vlan' },
  'L3MODIFICATION/IPV4_SRC': { members: ['ip'], action: (i) => `set_field:${textOf(i['ip'])}->ip_src` },
  'L3MODIFICATION/IPV4_DST': { members: ['ip'], action: (i) => `set_field:${textOf(i['ip'])}->ip_dst` },
};

/** @throws Refusal as DecodeInstructionCodecHelper does */
function decodeInstruction(json: unknown): Instruction {
  const node = objectOf(json);
  const type = textOf(required(node['type'], 'type', 'Instruction'));
  const subtype = node['subtype'] === undefined ? undefined : textOf(node['subtype']);
  const name = subtype === undefined ? type : `${type}/${subtype}`;
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) throw illegal(`Instruction type ${type} is not supported`);
  const members = kind.members.map((member): [string, unknown] => {
    const value = required(node[member], member, 'Instruction');
    return [member, member === 'mac' ? textOf(value).toUpperCase() : member === 'port' ? textOf(value) : value];
  });
  return { type, ...(subtype !== undefined && { subtype }), ...Object.fromEntries(members) };
}

/** TrafficTreatmentCodec. Nothing at all is a drop, which ONOS writes as NOACTION. */
export function decodeTreatment(json: unknown): Treatment {
  if (!isObject(json)) return NO_ACTION;
  const instructions = listOf(json['instructions']).map(decodeInstruction);
  const deferred = listOf(json['deferred']).map(decodeInstruction);
  const clear = json['clearDeferred'] === true;
  if (instructions.length === 0 && deferred.length === 0 && !clear) return NO_ACTION;
  return { instructions, ...(clear && { clearDeferred: true as const }), deferred };
}

/** For ovs-ofctl. */
export function actionText({ instructions, clearDeferred, deferred }: Treatment): string {
  const action = (i: Instruction): string[] => {
    const text = KINDS['subtype' in i ? `${i.type}/${textOf(i['subtype'])}` : i.type]?.action?.(i);
    return text === undefined ? [] : [text];
  };
  const late = deferred.flatMap(action);
  const now = instructions.filter(({ type }) => type !== 'TABLE').flatMap(action);
  const jump = instructions.filter(({ type }) => type === 'TABLE').flatMap(action);
  const all = [
    ...now,
    ...(clearDeferred ? ['clear_actions'] : []),
    ...(late.length > 0 ? [`write_actions(${late.join(',')})`] : []),
    ...jump,
  ];
  return all.length === 0 ? 'drop' : all.join(',');
}
