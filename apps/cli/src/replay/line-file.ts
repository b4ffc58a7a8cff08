import { closeSync, openSync, writeSync } from 'node:fs';

const AT_ONCE = 1 << 18;
const STDOUT = 1;

/** Lines to a file, or to standard output for `-`. Throws the system's error. */
export class LineFile {
  private readonly fd: number;
  private waiting = '';

  constructor(private readonly path: string) {
    this.fd = path === '-' ? STDOUT : openSync(path, 'w');
  }

  write(line: string): void {
    this.waiting += line;
    if (this.waiting.length >= AT_ONCE) this.flush();
  }

  close(): void {
    this.flush();
    if (this.path !== '-') closeSync(this.fd);
  }

  private flush(): void {
    const bytes = Buffer.from(this.waiting);
    this.waiting = '';
    for (let at = 0; at < bytes.length;) at += this.writeSome(bytes.subarray(at));
  }

  /** A pipe that somebody else made non-blocking says EAGAIN while it is full. */
  private writeSome(bytes: Buffer): number {
    try {
      return writeSync(this.fd, bytes);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      return 0;
    }
  }
}
