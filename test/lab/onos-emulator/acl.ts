import { flowRule, type FlowRule, type Register } from './flows/flow-rule.js';
import type { FlowTable } from './flows/flow-table.js';
import { NO_ACTION } from './flows/treatment.js';
import type { Criterion } from './flows/criterion.js';
import type { Hosts } from './hosts.js';
import { contains, formatPrefix, hostPrefix, parsePrefix, type Prefix } from './ip.js';
import { textOf, type Json } from './json.js';
import { illegal } from './refusal.js';

const APP = 'org.onosproject.acl';
/** Of every rule, whatever `priority` said. */
const PRIORITY = 30_000;
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
    if (protocol !== undefined && PROTOCOLS[protocol] === undefined) throw illegal('ipProto must be assigned to TCP, UDP, or ICMP.');
    const json = {
      ...(src && { srcIp: formatPrefix(src) }),
      ...(dst && { dstIp: formatPrefix(dst) }),
      ...(protocol !== undefined && { ipProto: protocol }),
      action: node['action'] === undefined ? 'DENY' : textOf(node['action']).toUpperCase(),
    };
    if ([...this.rules.values()].some((rule) => JSON.stringify(rule.json) === JSON.stringify(json))) return undefined;
    const criteria: Criterion[] = [
      { type: 'ETH_TYPE', ethType: '0x800' },
      ...(protocol === undefined ? [] : [{ type: 'IP_PROTO', protocol: PROTOCOLS[protocol] }]),
      ...(src ? [{ type: 'IPV4_SRC', ip: formatPrefix(src) }] : []),
      ...(dst ? [{ type: 'IPV4_DST', ip: formatPrefix(dst) }] : []),
    ];
    const common = { appId: APP, priority: PRIORITY, timeout: 0, tableId: 0, selector: { criteria }, treatment: NO_ACTION };
    // ACL rules are told by IPv4; the application takes every host's address for one, after it has put the rule into its list.
    if (this.hosts.list().some(({ ips }) => ips.some((ip) => ip.includes(':')))) {
      this.rules.set(this.ids, { id: this.ids++, json, flows: [] });
      throw illegal('Cannot invoke "org.onlab.packet.Ip4Address.toInt()" because "ip" is null');
    }
    const flows = json.action === 'DENY' ? this.devicesOf(anchor).map((deviceId) => flowRule({ ...common, deviceId }, this.register)) : [];
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

const prefix = (text: string): Prefix => parsePrefix(text);
