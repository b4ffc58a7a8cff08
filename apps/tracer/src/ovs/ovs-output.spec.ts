import { describe, expect, it } from 'vitest';
import { isMonitorReply, parseDrops, parseInterfaces, parseMonitorLine } from './ovs-output.js';
import { PortTable } from './port-table.js';

// All of it was printed by Open vSwitch 3.1.0.
const INTERFACES =
  '{"data":[["br-t",65534,"internal",["map",[]]],["h1",1,"",["map",[]]],["gone",["set",[]],"",["map",[]]],["bad",-1,"",["map",[]]],' +
  '["vx2",3,"vxlan",["map",[["key","flow"],["remote_ip","10.0.0.3"]]]],["vx1",2,"vxlan",["map",[["key","77"],["local_ip","10.0.0.1"],["remote_ip","10.0.0.2"]]]]],' +
  '"headings":["name","ofport","type","options"]}';

describe('what Open vSwitch prints', () => {
  it('ports: by interface, and by tunnel where a packet is met inside VXLAN', () => {
    const device = 'of:0000000000000001';
    const table = new PortTable([{ device, interfaces: parseInterfaces(INTERFACES) }]);
    const at = { ifname: 'eth1', direction: 'ingress', vni: 77, outer: { src: '10.0.0.2', dst: '10.0.0.1' } } as const;
    expect(table.find({ ifname: 'h1', direction: 'egress', vni: null })).toEqual({ device, port: '1' });
    expect(table.find(at)).toEqual({ device, port: '2' });
    expect(table.find({ ...at, vni: 78 })).toBeUndefined();
    expect(table.find({ ...at, direction: 'egress', outer: { src: '10.0.0.1', dst: '10.0.0.3' } })).toEqual({ device, port: '3' });
    expect(table.find({ ...at, direction: 'egress' })).toBeUndefined();
    expect(['gone', 'bad', 'eth1', 'vx1'].map((name) => table.has(name))).toEqual([false, false, false, false]);
    expect(() => parseInterfaces('{"data":[[]]}')).toThrow('ovs-vsctl said something else');
  });

  it('flow monitor: rules that drop and have a cookie', () => {
    const read = (line: string): string => {
      const e = parseMonitorLine(line);
      return e === undefined ? '-' : `${e.event} ${e.flowId}`;
    };
    expect(isMonitorReply('ONFST_FLOW_MONITOR reply (OF1.3) (xid=0x0):')).toBe(true);
    expect(read(' event=ADDED table=0 cookie=0x1a000026626f72 ip,in_port=1,nw_src=198.51.100.7')).toBe('added 7318350038462322');
    expect(read(' event=DELETED reason=delete table=0 cookie=0x1a000026626f72 ip,in_port=1,nw_src=198.51.100.7')).toBe(
      'deleted 7318350038462322',
    );
    expect(read(' event=ADDED table=0 cookie=0xf1000f00d00002 ip,nw_dst=198.51.100.7 actions=output:1')).toBe('-');
    expect(read(' event=MODIFIED table=0 cookie=0xf1000f00d00002 ip,nw_dst=198.51.100.7')).toBe('added 67835533825409026');
    expect(read(' event=ADDED table=0 cookie=0xf1000f00d00004 ipv6,ipv6_src=2001:db8::7 actions=clear_actions')).toBe(
      'added 67835533825409028',
    );
    expect(
      read(' event=ADDED table=0 cookie=0xf1000f00d00003 ipv6,ipv6_src=2001:db8::7 actions=write_actions(output:1),goto_table:1'),
    ).toBe('-');
    expect(read(' event=ADDED table=0 cookie=0 actions=NORMAL')).toBe('-');
    expect(read('ONFST_FLOW_MONITOR reply (OF1.3) (xid=0x0):')).toBe('-');
    expect(read('ovs-ofctl: vconn_recv (End of file)')).toBe('-');
  });

  it('flow table: packets of each rule that drops', () => {
    const dump = `OFPST_FLOW reply (OF1.3) (xid=0x2):
 cookie=0x3, duration=0.633s, table=0, n_packets=12, n_bytes=720, priority=900,tcp,tp_dst=80 actions=drop
 cookie=0xf1000f00d00003, duration=0.658s, table=0, n_packets=5, n_bytes=0, priority=800,ipv6,ipv6_src=2001:db8::7 actions=write_actions(output:1),goto_table:1
 cookie=0xf1000f00d00004, duration=0.646s, table=0, n_packets=0, n_bytes=0, priority=801,ipv6,ipv6_src=2001:db8::7 actions=clear_actions
 cookie=0x0, duration=0.307s, table=0, n_packets=0, n_bytes=0, priority=0 actions=drop
`;
    expect([...parseDrops(dump)]).toEqual([
      ['3', 12],
      ['67835533825409028', 0],
    ]);
  });
});
