import { Injectable } from '@nestjs/common';

type Check = () => readonly string[];

/** Health is a list of named problems, asked of those who know. A part registers its check when it starts. */
@Injectable()
export class HealthService {
  private readonly checks = new Map<string, Check>();

  /** `check` answers at once from what it knows: no I/O behind a health request. */
  register(part: string, check: Check): void {
    this.checks.set(part, check);
  }

  problems(): { part: string; problem: string }[] {
    return [...this.checks].flatMap(([part, check]) => check().map((problem) => ({ part, problem })));
  }
}
