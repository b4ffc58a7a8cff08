/** A durable queue of one kind of message. Delivery is at least once: a handler must be idempotent. */
export interface QueuePort {
  /**
   * Resolves when Redis has the job; rejects where Redis refuses it, or is there and says nothing. A second `add` of an id that is
   * waiting or in hand is a no-op; once the job is done the id is forgotten, and a repeat is delivered again.
   */
  add(id: string, payload: unknown): Promise<void>;
  /** One consumer per process; throws when called twice. A handler that throws is called again later, without end. */
  consume(handler: (payload: unknown, id: string) => Promise<void>): void;
  /** Jobs that wait or are in hand. */
  depth(): Promise<number>;
  close(): Promise<void>;
}
