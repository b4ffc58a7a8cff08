import type { TapEvent } from '@guardpost/bpf';
import type { Sighting } from '@guardpost/contracts';
import { DayLog } from './day-log.js';
import { headerOf, stamp, suspiciousJson, suspiciousLine } from './suspicious-line.js';

/** One line for the first packet of each flow that matched: for people as in 2017, and as NDJSON. */
export class SuspiciousLog {
  private readonly text: DayLog;
  private readonly json: DayLog;

  constructor(folder: string, box: string, onProblem: (message: string) => void) {
    this.text = new DayLog(folder, `suspicious-${box}`, 'txt', headerOf(box), onProblem);
    this.json = new DayLog(folder, `suspicious-${box}`, 'ndjson', '', onProblem);
  }

  get lost(): number {
    return this.text.lost + this.json.lost;
  }

  write(event: TapEvent, atUs: number, indicator: string, at: Sighting): void {
    const date = stamp(atUs).slice(0, 10);
    this.text.write(date, suspiciousLine(event, atUs));
    this.json.write(date, suspiciousJson(event, atUs, indicator, at));
  }

  async close(): Promise<void> {
    await Promise.all([this.text.close(), this.json.close()]);
  }
}
