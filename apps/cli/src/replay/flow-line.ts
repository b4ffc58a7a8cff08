import type { FlowRecord } from '@guardpost/bpf/file';

const US = 1_000_000;

/** Seconds since 1970 with all six places: a number in JSON. */
const seconds = (us: number): string => {
  const whole = Math.floor(us / US);
  return `${whole}.${String(us - whole * US).padStart(6, '0')}`;
};

/** A flow as `--flows` writes it (DESIGN 8). By hand: there may be millions, and JSON.stringify would drop places of times. */
export function flowLine(r: FlowRecord): string {
  const outer = r.outer === null ? 'null' : `{"src":"${r.outer.src}","dst":"${r.outer.dst}"}`;
  const icmp = r.icmp === null ? 'null' : `{"type":${r.icmp.type},"code":${r.icmp.code}}`;
  return (
    `{"v":1,"src":"${r.src}","dst":"${r.dst}","sport":${r.sport},"dport":${r.dport},"proto":${r.proto},"vlan":[${r.vlan.join()}],` +
    `"vni":${r.vni},"outer":${outer},"packets":${r.packets},"bytes":${r.bytes},"first":${seconds(r.firstUs)},"last":${seconds(r.lastUs)},` +
    `"tcpFlags":${r.tcpFlags},"icmp":${icmp},"communityId":"${r.communityId}"}\n`
  );
}
