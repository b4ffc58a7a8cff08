import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Bytes in order. `read` fills as much of `into` as there is at hand; 0 = the end. */
export interface ByteSource {
  read(into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** A file, or standard input for `-`. What begins like gzip is unpacked. */
export async function openSource(path: string): Promise<ByteSource> {
  const plain = path === '-' ? new StreamSource(process.stdin) : await FileSource.open(path);
  const head = new Uint8Array(2);
  let got = 0;
  while (got < head.length) {
    const read = await plain.read(head.subarray(got));
    if (read === 0) break;
    got += read;
  }
  const whole = new PushedBack(plain, head.subarray(0, got));
  if (head[0] !== 0x1f || head[1] !== 0x8b) return whole;
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  // An error of either side ends the reading of `gunzip`.
  pipeline(Readable.from(chunks(whole)), gunzip).catch(() => undefined);
  return new StreamSource(gunzip, () => whole.close());
}

class FileSource implements ByteSource {
  private constructor(private readonly file: Awaited<ReturnType<typeof open>>) {}

  static async open(path: string): Promise<FileSource> {
    return new FileSource(await open(path, 'r'));
  }

  async read(into: Uint8Array): Promise<number> {
    return (await this.file.read(into, 0, into.length)).bytesRead;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

class StreamSource implements ByteSource {
  private readonly parts: AsyncIterator<unknown>;
  private part: Uint8Array = new Uint8Array(0);

  constructor(
    private readonly stream: Readable,
    private readonly onClose: () => Promise<void> = async () => undefined,
  ) {
    this.parts = stream[Symbol.asyncIterator]();
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.part.length === 0) {
      const next = await this.parts.next();
      if (next.done === true) return 0;
      if (next.value instanceof Uint8Array) this.part = next.value;
    }
    const count = Math.min(this.part.length, into.length);
    into.set(this.part.subarray(0, count));
    this.part = this.part.subarray(count);
    return count;
  }

  async close(): Promise<void> {
    this.stream.destroy();
    await this.onClose();
  }
}

class PushedBack implements ByteSource {
  constructor(
    private readonly source: ByteSource,
    private head: Uint8Array,
  ) {}

  async read(into: Uint8Array): Promise<number> {
    if (this.head.length === 0) return this.source.read(into);
    const count = Math.min(this.head.length, into.length);
    into.set(this.head.subarray(0, count));
    this.head = this.head.subarray(count);
    return count;
  }

  close(): Promise<void> {
    return this.source.close();
  }
}

async function* chunks(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = new Uint8Array(1 << 18);
    const count = await source.read(chunk);
    if (count === 0) return;
    yield chunk.subarray(0, count);
  }
}
