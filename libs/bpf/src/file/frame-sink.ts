/** An interface of a capture, as the file describes it. */
export interface FileInterface {
  readonly linkType: number;
  /** Undefined where the file does not name it. */
  readonly name: string | undefined;
}

/** What takes frames from a reader. Bytes are only there during the call. */
export interface FrameSink {
  /** `bytes` and `view` hold the frames that follow, until the next call. */
  attach(bytes: Uint8Array, view: DataView): void;
  /** `captured` bytes from `at` of a frame that had `wire` bytes; `us` since 1970. */
  frame(at: number, captured: number, wire: number, us: number, from: FileInterface): void;
}

/** Decodes one format. */
export interface Decoder {
  /**
   * Hands the whole frames of a buffer's bytes `from` to `to` to the sink, and returns where it stopped: at `to`, or at the start of a record
   * that is not whole. Throws CaptureError; `origin` is where byte 0 of the buffer stands in the file.
   */
  decode(view: DataView, from: number, to: number, origin: number, sink: FrameSink): number;
}

/** Nothing that a tap writes is as long. */
export const MAX_RECORD = 1 << 24;
