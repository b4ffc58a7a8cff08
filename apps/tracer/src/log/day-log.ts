import { mkdirSync } from 'node:fs';
import { appendFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const FLUSH_MS = 100;
const MAX_WAITING_CHARS = 8 << 20;
const MAX_FILE_BYTES = 512 << 20;

/** Appends lines to one file a day, gathered for 100 ms. What does not fit, in memory or in the day's file, is counted. */
export class DayLog {
  lost = 0;
  private readonly waiting = new Map<string, string[]>();
  private waitingChars = 0;
  private readonly sizes = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  /** Files are `NAME-DATE.EXTENSION` in `folder`; each begins with `header`. */
  constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly extension: string,
    private readonly header: string,
    private readonly onProblem: (message: string) => void,
  ) {
    mkdirSync(folder, { recursive: true });
  }

  /** `date` is YYYY-MM-DD, `line` ends with a newline. */
  write(date: string, line: string): void {
    if (this.waitingChars + line.length > MAX_WAITING_CHARS) {
      this.lost += 1;
      return;
    }
    const lines = this.waiting.get(date);
    if (lines === undefined) this.waiting.set(date, [line]);
    else lines.push(line);
    this.waitingChars += line.length;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flushing = this.flushing.then(() => this.flush());
    }, FLUSH_MS);
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.flushing;
    await this.flush();
  }

  private async flush(): Promise<void> {
    const days = [...this.waiting];
    this.waiting.clear();
    this.waitingChars = 0;
    for (const [date, lines] of days) {
      const path = join(this.folder, `${this.name}-${date}.${this.extension}`);
      try {
        const size =
          this.sizes.get(path) ??
          (await stat(path).then(
            (s) => s.size,
            () => 0,
          ));
        const text = (size === 0 ? this.header : '') + lines.join('');
        if (size + text.length > MAX_FILE_BYTES) throw new Error(`${path} has reached ${MAX_FILE_BYTES} bytes`);
        await appendFile(path, text);
        this.sizes.clear(); // only the current day's is of use
        this.sizes.set(path, size + Buffer.byteLength(text));
      } catch (error) {
        this.lost += lines.length;
        this.onProblem(`the suspicious log can't be written: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
