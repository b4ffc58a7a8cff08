export interface LabFlow {
  /** Of rules that ONOS put there: the ONOS flow id. */
  readonly cookie: bigint;
  readonly priority: number;
  /** As Open vSwitch prints it: `in_port=5,dl_dst=02:00:00:00:01:0b`; empty for a rule that matches everything. */
  readonly match: string;
  readonly packets: number;
  readonly actions: string;
}

const LINE = /^\s*cookie=(0x[0-9a-f]+),.*? n_packets=(\d+), n_bytes=\d+,?(.*?) ?actions=(.*)$/;
/** What `dump-flows` prints between the counters and the match. */
const NOT_A_MATCH =
  /^(?:priority=\d+|send_flow_rem|check_overlap|reset_counts|(?:idle|hard)_timeout=\d+|(?:idle|hard)_age=\d+|importance=\d+)$/;
const DEFAULT_PRIORITY = 32_768;

/** Parses `ovs-ofctl -O OpenFlow13 dump-flows BRIDGE`; lines that are no rules are left out. */
export function parseFlows(dump: string): LabFlow[] {
  return dump.split('\n').flatMap((line) => {
    const found = LINE.exec(line);
    if (!found) return [];
    const [, cookie = '0', packets = '0', middle = '', actions = ''] = found;
    const words = middle.split(/[ ,]+/);
    const priority = words.find((word) => word.startsWith('priority='))?.slice('priority='.length);
    return [
      {
        cookie: BigInt(cookie),
        priority: priority === undefined ? DEFAULT_PRIORITY : Number(priority),
        match: words.filter((word) => word !== '' && !NOT_A_MATCH.test(word)).join(','),
        packets: Number(packets),
        actions: actions.trim(),
      },
    ];
  });
}
