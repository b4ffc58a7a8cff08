import { expect, test } from 'vitest';
import { parseFlows } from './parse-flows.js';

// From Open vSwitch 3.1.
const DUMP = `OFPST_FLOW reply (OF1.3) (xid=0x2):
 cookie=0x10000646f55aa, duration=4.057s, table=0, n_packets=4, n_bytes=558, send_flow_rem priority=40000,dl_type=0x88cc actions=CONTROLLER:65535,clear_actions
 cookie=0x160000c58e1971, duration=0.469s, table=0, n_packets=2, n_bytes=216, send_flow_rem priority=100,in_port=2,dl_dst=02:00:00:00:03:06 actions=output:6
 cookie=0x1a00008e6c1c6e, duration=1.5s, table=0, n_packets=7, n_bytes=686, idle_timeout=60, priority=800,ip,in_port=5,nw_src=198.51.100.7 actions=drop
 cookie=0x77, duration=1.5s, table=0, n_packets=0, n_bytes=0, ip,nw_dst=9.9.9.9 actions=drop
 cookie=0x0, duration=9.1s, table=0, n_packets=0, n_bytes=0, priority=0 actions=NORMAL
`;

test('reads cookie, priority, match, counter and actions of every rule', () => {
  expect(parseFlows(DUMP)).toEqual([
    { cookie: 0x10000646f55aan, priority: 40_000, match: 'dl_type=0x88cc', packets: 4, actions: 'CONTROLLER:65535,clear_actions' },
    { cookie: 0x160000c58e1971n, priority: 100, match: 'in_port=2,dl_dst=02:00:00:00:03:06', packets: 2, actions: 'output:6' },
    { cookie: 0x1a00008e6c1c6en, priority: 800, match: 'ip,in_port=5,nw_src=198.51.100.7', packets: 7, actions: 'drop' },
    { cookie: 0x77n, priority: 32_768, match: 'ip,nw_dst=9.9.9.9', packets: 0, actions: 'drop' },
    { cookie: 0n, priority: 0, match: '', packets: 0, actions: 'NORMAL' },
  ]);
});
