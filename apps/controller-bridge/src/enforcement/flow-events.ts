/** At most so many events are kept for rules whose ids ONOS has not told yet. */
const KEEP = 10_000;

/**
 * What the boxes saw of rules lately. A rule can be in the switch before ONOS answers the call that made it: its event
 * waits here for the answer.
 */
export class FlowEvents {
  private readonly added = new Map<string, number>();

  /** `at` in microseconds, by the box's clock. */
  onAdded(device: string, flowId: string, at: number): void {
    const key = `${device} ${flowId}`;
    this.added.delete(key);
    this.added.set(key, at);
    if (this.added.size > KEEP) this.added.delete(this.added.keys().next().value ?? '');
  }

  onDeleted(device: string, flowId: string): void {
    this.added.delete(`${device} ${flowId}`);
  }

  /** When the rule came into the switch, if it is there. */
  addedAt(device: string, flowId: string): number | undefined {
    return this.added.get(`${device} ${flowId}`);
  }
}
