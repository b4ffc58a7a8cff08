const QUIET_MS = 10_000;
const MAX_KNOWN = 500;

/** Logs a problem when it appears and every 10 s at most while it lasts. */
export class ProblemLog {
  private readonly loggedAt = new Map<string, number>();

  constructor(
    private readonly log: (message: string, component: string) => void,
    private readonly nowMs: () => number,
  ) {}

  of(component: string): (message: string) => void {
    return (message) => {
      const key = `${component} ${message}`;
      const now = this.nowMs();
      if (now - (this.loggedAt.get(key) ?? -Infinity) < QUIET_MS) return;
      if (this.loggedAt.size >= MAX_KNOWN) this.loggedAt.clear();
      this.loggedAt.set(key, now);
      this.log(message, component);
    };
  }
}
