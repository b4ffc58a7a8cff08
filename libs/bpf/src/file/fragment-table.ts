import { FRAGMENT_WORDS, type Packet } from '../packet/packet.js';
import { RowTable } from './row-table.js';

/** Flows are numbered through both families: row << 1 | (family 6). */
export type FlowNumber = number;

/** Behind the key: flow, padding, time. */
const ROW_WORDS = FRAGMENT_WORDS + 4;
const FLOW_AT = FRAGMENT_WORDS;
const TIME_AT = FRAGMENT_WORDS + 2;
/** Of a generation; two are kept. */
const MAX_ROWS = 1 << 17;
/** As long as receivers wait for the rest of a packet (RFC 8200 4.5). */
const LIFETIME_US = 60e6;

/** Which flow the first fragment of a packet belonged to. Bounded: at most 2 x 131,072 are known, the oldest go first. */
export class FragmentTable {
  private young = new RowTable(FRAGMENT_WORDS, ROW_WORDS);
  private old = new RowTable(FRAGMENT_WORDS, ROW_WORDS);

  /** The flow of a later fragment; -1 = its first was not seen. */
  find(p: Packet, us: number): FlowNumber {
    const at = (p.fragments - 1) * FRAGMENT_WORDS;
    for (const table of [this.young, this.old]) {
      const row = table.find(p.fragmentKeys, at) * ROW_WORDS;
      if (row >= 0 && Math.abs(us - table.doubles[(row + TIME_AT) / 2]!) <= LIFETIME_US) return table.words[row + FLOW_AT]!;
    }
    return -1;
  }

  /** Notes every first fragment that the packet is: of a later fragment, those of the headers around it. */
  note(p: Packet, flow: FlowNumber, us: number): void {
    const firsts = p.fragment ? p.fragments - 1 : p.fragments;
    for (let i = 0; i < firsts; i++) {
      if (this.young.count >= MAX_ROWS) {
        this.old = this.young;
        this.young = new RowTable(FRAGMENT_WORDS, ROW_WORDS);
      }
      const table = this.young;
      const row = table.findOrAdd(p.fragmentKeys, i * FRAGMENT_WORDS) * ROW_WORDS;
      table.words[row + FLOW_AT] = flow;
      table.doubles[(row + TIME_AT) / 2] = us;
    }
  }
}
