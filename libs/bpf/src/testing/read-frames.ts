import { FlowCache } from '../file/flow-cache.js';
import { FlowRecords, type FlowRecord } from '../file/flow-record.js';
import { LINK } from '../packet/link-type.js';
import { Packet } from '../packet/packet.js';
import { parse } from '../packet/parse.js';
import { FAULTS } from '../packet/step.js';

export interface Given {
  readonly frame: Buffer;
  readonly linkType?: number;
  /** How much of the frame was captured; all by default. */
  readonly captured?: number;
  readonly us?: number;
}

/** What the TypeScript parser and the flow cache make of frames, one after another. Behind what was captured lies the rest of the frame, and bytes that are none of it. */
export function readFrames(given: readonly Given[]): { flows: FlowRecord[]; faults: string[]; others: number } {
  const packet = new Packet();
  const cache = new FlowCache();
  const faults: string[] = [];
  let others = 0;
  for (const { frame, linkType = LINK.ethernet, captured = frame.length, us = 0 } of given) {
    const bytes = Buffer.concat([frame, Buffer.alloc(64, 0x45)]);
    packet.attach(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
    parse(packet, linkType, 0, captured, frame.length);
    faults.push(FAULTS[packet.fault] ?? '');
    if (packet.family === 0) others++;
    else cache.add(packet, frame.length, us);
  }
  return { flows: [...new FlowRecords(cache).all()], faults, others };
}
