import type { ByteSource } from './byte-source.js';
import { CaptureError } from './capture-error.js';
import { MAX_RECORD, type Decoder, type FrameSink } from './frame-sink.js';
import { PcapDecoder } from './pcap.js';
import { PcapngDecoder } from './pcapng.js';

/** One reading stays in the cache of the processor. What is left of it, the beginning of a record, is moved to the front of the buffer. */
const READ_AT_ONCE = 1 << 20;
const BUFFER = MAX_RECORD + 2 * READ_AT_ONCE;
/** A longer rest waits where it is until there is no more room behind it. */
const SHORT_REST = 1 << 16;
const HEAD = 24;

/**
 * Hands every frame of a capture to `sink`. Memory does not grow with the file. Rejects with CaptureError where the file is no capture, is
 * damaged, or ends in the middle of a record; what came before has been handed over by then.
 */
export async function readCapture(source: ByteSource, sink: FrameSink): Promise<void> {
  const bytes = new Uint8Array(BUFFER);
  const view = new DataView(bytes.buffer);
  sink.attach(bytes, view);
  let decoder: Decoder | undefined;
  let origin = 0;
  let from = 0;
  let to = 0;
  for (;;) {
    const count = await source.read(bytes.subarray(to, Math.min(to + READ_AT_ONCE, BUFFER)));
    if (count === 0) break;
    to += count;
    if (decoder === undefined) {
      if (to < HEAD) continue;
      decoder = decoderOf(new DataView(bytes.buffer, 0, HEAD));
    }
    from = decoder.decode(view, from, to, origin, sink);
    if (to - from <= SHORT_REST || to + READ_AT_ONCE > BUFFER) {
      bytes.copyWithin(0, from, to);
      origin += from;
      to -= from;
      from = 0;
    }
  }
  if (decoder === undefined) decoderOf(new DataView(bytes.buffer, 0, to));
  if (from < to) {
    const at = origin + to;
    throw new CaptureError('cut-off', `cut off at byte ${at}, in the middle of the record that begins at byte ${origin + from}`, at);
  }
}

function decoderOf(head: DataView): Decoder {
  const decoder = head.byteLength < 4 ? undefined : (PcapDecoder.of(head) ?? PcapngDecoder.of(head));
  if (decoder !== undefined) return decoder;
  const what = head.byteLength === 0 ? 'empty' : head.byteLength < HEAD ? 'too short' : 'it begins like neither';
  throw new CaptureError('not-a-capture', `not a capture: neither pcap nor pcapng (${what})`, 0);
}
