import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeEvent } from '../../libs/bpf/src/events/decode-event.js';
import { RingReader } from '../../libs/bpf/src/events/ring-reader.js';
import { EVENT, TUPLE } from '../../libs/bpf/src/layout/offsets.generated.js';
import { BpfObject } from '../../libs/bpf/src/libbpf/bpf-object.js';
import { testRun } from '../../libs/bpf/src/libbpf/test-run.js';
import { compile } from './compile.js';
import { alone, median, needRoot, type Report } from './result.js';

const RECORDS = 80_000;
const ROUNDS = 21;

/** Records a second that the reader takes out of a full ring: looked at in place, and decoded to whole events. */
export async function run(report: Report): Promise<void> {
  needRoot();
  const scratch = mkdtempSync(join(tmpdir(), 'guardpost-bench-'));
  try {
    const object = compile('fill.bpf.c', scratch, {
      RECORD: EVENT.size,
      SRC_AT: EVENT.inner + TUPLE.src,
      DST_AT: EVENT.inner + TUPLE.dst,
      PORTS_AT: EVENT.inner + TUPLE.sport,
      PROTO_AT: EVENT.inner + TUPLE.proto,
      FAMILY_AT: EVENT.inner + TUPLE.family,
      RULE_AT: EVENT.rule,
    });
    const filler = new BpfObject(object).load();
    const ring = new RingReader(filler.map('records'));
    let sum = 0n;
    report(
      alone(
        'ring.events_per_s',
        rate(filler, ring, (view, at) => void (sum += view.getBigUint64(at, true))),
        '/s',
        ROUNDS,
      ),
    );
    let decoded = 0;
    const decode = (view: DataView, at: number, length: number): void => {
      if (decodeEvent(view, at, length, () => 'b0') !== undefined) decoded++;
    };
    report(alone('ring.decoded_per_s', rate(filler, ring, decode), '/s', ROUNDS));
    if (sum === 0n) throw new Error('no record came');
    if (decoded !== RECORDS * ROUNDS) throw new Error(`${decoded} of ${RECORDS * ROUNDS} records decoded`);
    console.log(`${RECORDS} records of ${EVENT.size} bytes a round`);
    ring.close();
    filler.close();
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function rate(filler: BpfObject, ring: RingReader, take: (view: DataView, at: number, length: number) => void): number {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    testRun(filler.program('fill'), Buffer.alloc(64), { repeat: RECORDS });
    const start = performance.now();
    const taken = ring.drain(take);
    rates.push((taken / (performance.now() - start)) * 1_000);
    if (taken !== RECORDS) throw new Error(`${taken} of ${RECORDS} records came`);
  }
  return median(rates);
}
