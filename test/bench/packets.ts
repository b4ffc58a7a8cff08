import { writeFileSync } from 'node:fs';

const FRAME = 128;

/** A pcap of TCP packets of `flows` flows in an order that no prefetcher guesses, `rounds` of each. */
export function writePackets(path: string, flows: number, rounds: number): number {
  const order = Array.from({ length: flows * rounds }, (_, i) => i % flows);
  let seed = 12_345;
  for (let i = order.length - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    const j = seed % (i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  const file = Buffer.alloc(24 + order.length * (16 + FRAME));
  file.writeUInt32LE(0xa1b2c3d4, 0);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(65_535, 16);
  file.writeUInt32LE(1, 20);
  order.forEach((flow, i) => {
    const at = 24 + i * (16 + FRAME);
    file.writeUInt32LE(FRAME, at + 8);
    file.writeUInt32LE(FRAME, at + 12);
    tcpFrame(flow).copy(file, at + 16);
  });
  writeFileSync(path, file);
  return order.length;
}

/** From one of many sources and ports to 10.99.0.2:443. Checksums are left out: nobody behind the tap looks. */
function tcpFrame(flow: number): Buffer {
  const frame = Buffer.alloc(FRAME);
  Buffer.from('02000000 0b01 02000000 0a01 0800 4500'.replaceAll(' ', ''), 'hex').copy(frame);
  frame.writeUInt16BE(FRAME - 14, 16);
  frame[22] = 64;
  frame[23] = 6;
  frame.writeUInt32BE((0x0a_00_00_00 | (Math.imul(flow, 2_654_435_761) >>> 8)) >>> 0, 26);
  frame.set([10, 99, 0, 2], 30);
  frame.writeUInt16BE((Math.imul(flow, 40_503) & 0xffff) | 1, 34);
  frame.writeUInt16BE(443, 36);
  frame[46] = 0x50;
  frame[47] = 0x10;
  return frame;
}
