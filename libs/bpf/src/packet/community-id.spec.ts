import { describe, expect, it } from 'vitest';
import { eth4, eth6 } from '../testing/crafted/crafted.js';
import * as f from '../testing/frames.js';
import { readFrames } from '../testing/read-frames.js';

const idOf = (frame: Buffer): string | undefined => readFrames([{ frame }]).flows[0]?.communityId;
const icmp4 = (src: string, dst: string, type: number, code = 0): Buffer => eth4(f.ipv4({ src, dst, proto: 1 }, f.icmp(type, code)));
const icmp6 = (src: string, dst: string, type: number, code = 0): Buffer => eth6(f.ipv6(src, dst, 58, f.icmp(type, code)));
const sctp4 = (src: string, sport: number, dst: string, dport: number): Buffer =>
  eth4(f.ipv4({ src, dst, proto: 132 }, f.sctp(sport, dport)));

// Published with the specification: community-id-spec/baseline/baseline_deflt.json.
describe('communityId', () => {
  it.each([
    ['TCP', f.tcp4('128.232.110.120', 34855, '66.35.250.204', 80), '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
    ['TCP, back', f.tcp4('66.35.250.204', 80, '128.232.110.120', 34855), '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
    ['UDP', f.udp4('192.168.1.52', 54585, '8.8.8.8', 53), '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
    ['SCTP', sctp4('192.168.170.8', 7, '192.168.170.56', 80), '1:jQgCxbku+pNGw8WPbEc/TS/uTpQ='],
    ['ICMP echo', icmp4('192.168.0.89', '192.168.0.1', 8), '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
    ['ICMP echo reply', icmp4('192.168.0.1', '192.168.0.89', 0), '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
    ['ICMPv6 echo', icmp6('2620:0:e00:400e:d1d:db37:beb:5aac', '2001:4860:8006::63', 128), '1:CK4vAOXRvkt0H1zTqK7KQ1ZQong='],
    [
      'TCP over IPv6',
      f.tcp6('2001:470:e5bf:dead:4957:2174:e82c:4887', 63943, '2607:f8b0:400c:c03::1a', 25),
      '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=',
    ],
  ])('%s', (_, frame, id) => {
    expect(idOf(frame)).toBe(id);
  });

  it('goes by type and code, from source to destination, where a message has no answer', () => {
    expect(idOf(icmp4('192.0.2.9', '192.0.2.1', 3, 1))).not.toBe(idOf(icmp4('192.0.2.1', '192.0.2.9', 3, 1)));
    expect(idOf(icmp4('192.0.2.9', '192.0.2.1', 3, 1))).not.toBe(idOf(icmp4('192.0.2.9', '192.0.2.1', 3, 2)));
  });
});
