/** What a message's number says: `gap` messages are missing before it, or it is none that may come now. */
export type Order = { readonly gap: number } | { readonly refused: string };

/**
 * The order of one channel, a sender at a time. A number may not come twice, nor one of a run of the sender that ended
 * before the newest: whoever can write to Redis could otherwise play old messages again.
 */
export class SequenceGuard {
  private readonly last = new Map<string, { boot: string; seq: number }>();

  /** The first message of a sender that is heard sets the beginning: what came before is not known to be missing. */
  accept(from: string, boot: string, seq: number): Order {
    const last = this.last.get(from);
    if (last !== undefined && boot < last.boot) return { refused: `old run: ${boot} ended before ${last.boot} began` };
    if (last?.boot === boot && seq <= last.seq) return { refused: `old seq: ${seq} came after ${last.seq}` };
    this.last.set(from, { boot, seq });
    return { gap: last === undefined ? 0 : last.boot === boot ? seq - last.seq - 1 : seq - 1 };
  }
}
