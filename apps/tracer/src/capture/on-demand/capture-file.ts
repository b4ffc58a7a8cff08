import { open, type FileHandle } from 'node:fs/promises';

const AT_ONCE = 1 << 18;
/** What the disk has not taken yet. */
const MAX_WAITING_BYTES = 8 << 20;

/** A file that is written behind the caller's back, in order. What the disk can't take in time is refused. */
export class CaptureFile {
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private writing: Promise<void> | undefined;
  private file: FileHandle | undefined;

  constructor(
    private readonly path: string,
    private readonly onError: (error: Error) => void,
  ) {}

  /** False: there is no room. `must`: is taken all the same. */
  write(bytes: Buffer, must = false): boolean {
    if (!must && this.waitingBytes + bytes.length > MAX_WAITING_BYTES) return false;
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    if (this.waitingBytes >= AT_ONCE) void this.flush();
    return true;
  }

  /** Writes what waits. Never rejects: `onError` is told. */
  flush(): Promise<void> {
    return (this.writing ??= this.drain().finally(() => (this.writing = undefined)));
  }

  async close(): Promise<void> {
    while (this.waiting.length > 0) await this.flush();
    await this.writing;
    await this.file?.close();
  }

  private async drain(): Promise<void> {
    try {
      this.file ??= await open(this.path, 'wx', 0o600);
      while (this.waiting.length > 0) {
        const bytes = Buffer.concat(this.waiting.splice(0));
        for (let at = 0; at < bytes.length;) at += (await this.file.write(bytes, at)).bytesWritten;
        this.waitingBytes -= bytes.length;
      }
    } catch (error) {
      this.waiting = [];
      this.waitingBytes = 0;
      this.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
