import { flowRule, type FlowRule, type Register } from './flows/flow-rule.js';
import type { FlowTable } from './flows/flow-table.js';
import { NO_ACTION } from './flows/treatment.js';
import type { Criterion } from './flows/criterion.js';
import type { Hosts } from './hosts.js';
import { contains, formatPrefix, hostPrefix, parsePrefix, type Prefix } from './ip.js';
import { intOf, textOf, type Json } from './json.js';
import { illegal } from './refusal.js';

const APP = 'org.onosproject.acl';
/** Of every rule, whatever `priority` said. */
const PRIORITY = 30_000;
/** Kept in 16 bits with a sign. */
const short = (port: number): number => (port << 16) >> 16;
const PROTOCOLS: Readonly<Record<string, number>> = { ICMP: 1, TCP: 6, UDP: 17 };

interface AclRule {
  readonly id: number;
  readonly json: Json;
  readonly flows: readonly FlowRule[];
}

/** The application acl: rules only on devices that have a host of the source, or of the destination where no source is named. */
export class Acl {
  private readonly rules = new Map<number, AclRule>();
  private ids = 0;

  constructor(
    private readonly hosts: Hosts,
    private readonly flows: FlowTable,
    private readonly register: Register,
  ) {}

  list(): Json[] {
    return [...this.rules.values()].map(({ id, json }) => ({ id: `0x${id.toString(16)}`, ...json })).reverse();
  }

  /** undefined for a rule that is there already. @throws Refusal */
  add(node: Json): number | undefined {
    const [src, dst] = ['srcIp', 'dstIp'].map((member) => (node[member] === undefined ? undefined : prefix(textOf(node[member]))));
    const anchor = src ?? dst;
    if (anchor === undefined) throw illegal('Either srcIp or dstIp must be assigned.');
    const protocol = node['ipProto'] === undefined ? undefined : textOf(node['ipProto']).toUpperCase();
    if (protocol !== undefined && PROTOCOLS[protocol] === undefined) throw illegal('ipProto must be assigned to TCP, UDP, or ICMP');
    const action = node['action'] === undefined ? 'DENY' : textOf(node['action']).toUpperCase();
    const [dstPort, srcPort] = ['dstTpPort', 'srcTpPort'].map((member) => {
      const port = intOf(node[member]);
      if (port > 0 && protocol !== 'TCP' && protocol !== 'UDP') throw illegal(`${member} can be set only when ipProto is TCP or UDP`);
      return port > 0 ? short(port) : undefined;
    });
    if (action !== 'ALLOW' && action !== 'DENY') throw illegal('action must be ALLOW or DENY');
    const macs = ['srcMac', 'dstMac'].flatMap((member) =>
      node[member] === undefined ? [] : [[member, textOf(node[member]).toUpperCase()] as const],
    );
    const json: Json = {
      ...Object.fromEntries(macs),
      ...(src && { srcIp: formatPrefix(src) }),
      ...(dst && { dstIp: formatPrefix(dst) }),
      ...(node['dscp'] !== undefined && { dscp: intOf(node['dscp']) }),
      ...(protocol !== undefined && { ipProto: protocol }),
      ...(dstPort !== undefined && { dstTpPort: dstPort }),
      ...(srcPort !== undefined && { srcTpPort: srcPort }),
      action,
    };
    // ONOS compares MACs by reference: a rule with one is never found to be there already.
    if (macs.length === 0 && [...this.rules.values()].some((rule) => JSON.stringify(rule.json) === JSON.stringify(json))) return undefined;
    const criteria: Criterion[] = [
      { type: 'ETH_TYPE', ethType: '0x800' },
      ...(protocol === undefined ? [] : [{ type: 'IP_PROTO', protocol: PROTOCOLS[protocol] }]),
      ...(src ? [{ type: 'IPV4_SRC', ip: formatPrefix(src) }] : []),
      ...(dst ? [{ type: 'IPV4_DST', ip: formatPrefix(dst) }] : []),
      ...portCriterion(protocol, 'DST', dstPort),
      ...portCriterion(protocol, 'SRC', srcPort),
    ];
    const common = { appId: APP, priority: PRIORITY, timeout: 0, tableId: 0, selector: { criteria }, treatment: NO_ACTION };
    // ACL rules are told by IPv4; the application takes every host's address for one, after it has put the rule into its list.
    if (action === 'DENY' && this.hosts.list().some(({ ips }) => ips.some((ip) => ip.includes(':')))) {
      this.rules.set(this.ids, { id: this.ids++, json, flows: [] });
      throw illegal('Cannot invoke "org.onlab.packet.Ip4Address.toInt()" because "ip" is null');
    }
    const flows = action === 'DENY' ? this.devicesOf(anchor).map((deviceId) => flowRule({ ...common, deviceId }, this.register)) : [];
    const id = this.ids++;
    this.rules.set(id, { id, json, flows });
    void this.flows.add(flows);
    return id;
  }

  /** Nothing to remove is no error. */
  remove(id?: number): void {
    for (const rule of this.rules.values()) {
      if (id !== undefined && rule.id !== id) continue;
      this.rules.delete(rule.id);
      void this.flows.remove(rule.flows);
    }
  }

  private devicesOf(anchor: Prefix): string[] {
    const there = this.hosts.list().filter(({ ips }) => ips.some((ip) => contains(anchor, hostPrefix(ip))));
    return [...new Set(there.flatMap(({ locations }) => locations.map(({ device }) => device)))];
  }
}

function portCriterion(protocol: string | undefined, side: 'SRC' | 'DST', port: number | undefined): Criterion[] {
  return protocol === undefined || port === undefined
    ? []
    : [{ type: `${protocol}_${side}`, [`${protocol.toLowerCase()}Port`]: port & 0xffff }];
}

const prefix = (text: string): Prefix => parsePrefix(text);
