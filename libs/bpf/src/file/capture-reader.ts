import type { ByteSource } from './byte-source.js';
import { CaptureError } from './capture-error.js';
import { MAX_RECORD, type Decoder, type FrameSink } from './frame-sink.js';
import { PcapDecoder } from './pcap.js';
import { PcapngDecoder } from './pcapng.js';

/** One reading stays in the cache of the processor. */
const READ_AT_ONCE = 1 << 20;
/** In front of it there is room for the record that the reading before broke off in. Memory that is not touched costs nothing. */
const ROOM = MAX_RECORD + READ_AT_ONCE;
const HEAD = 24;

class Half {
  readonly bytes = new Uint8Array(ROOM + READ_AT_ONCE);
  readonly view = new DataView(this.bytes.buffer);
  readonly free = this.bytes.subarray(ROOM);
}

/**
 * Hands every frame of a capture to `sink`, while the next piece is being read. Memory does not grow with the file. Rejects with CaptureError
 * where the file is no capture, is damaged, or ends in the middle of a record; what came before has been handed over by then.
 */
export async function readCapture(source: ByteSource, sink: FrameSink): Promise<void> {
  let [half, other] = [new Half(), new Half()];
  let decoder: Decoder | undefined;
  let [from, to, fileAt] = [ROOM, ROOM, 0];
  let next = source.read(half.free);
  for (;;) {
    const count = await next;
    if (count === 0) break;
    to += count;
    next = source.read(other.free);
    next.catch(() => undefined); // told when it is waited for, unless the decoder has something to say before
    if (decoder === undefined && to - from >= HEAD) decoder = decoderOf(new DataView(half.view.buffer, from, HEAD));
    if (decoder !== undefined) {
      sink.attach(half.bytes, half.view);
      const stopped = decoder.decode(half.view, from, to, fileAt - from, sink);
      fileAt += stopped - from;
      from = stopped;
    }
    const rest = half.bytes.subarray(from, to);
    other.bytes.set(rest, ROOM - rest.length);
    [half, other] = [other, half];
    [from, to] = [ROOM - rest.length, ROOM];
  }
  if (decoder === undefined) decoderOf(new DataView(half.view.buffer, from, to - from));
  if (from < to) {
    const at = fileAt + to - from;
    throw new CaptureError('cut-off', `cut off at byte ${at}, in the middle of the record that begins at byte ${fileAt}`, at);
  }
}

function decoderOf(head: DataView): Decoder {
  const decoder = head.byteLength < 4 ? undefined : (PcapDecoder.of(head) ?? PcapngDecoder.of(head));
  if (decoder !== undefined) return decoder;
  const what = head.byteLength === 0 ? 'empty' : head.byteLength < HEAD ? 'too short' : 'it begins like neither';
  throw new CaptureError('not-a-capture', `not a capture: neither pcap nor pcapng (${what})`, 0);
}
