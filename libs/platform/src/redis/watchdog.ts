import type { Redis } from 'ioredis';

const LOOK_EVERY_MS = 2_000;
/** Looks at which not a byte had come from Redis, though it owes an answer, after which the connection is taken for dead. */
const PATIENCE = 4;

/** What the watchdog needs of a connection. */
export interface Watched {
  readonly status: string;
  readonly stream: { readonly bytesRead: number; destroy(error?: Error): unknown } | null | undefined;
  ping(): Promise<unknown>;
  once(event: 'end', listener: () => void): unknown;
}

/**
 * Ends a connection on which nothing comes any more though Redis owes an answer: it was cut without a word, or never got past its first
 * commands. The client then connects anew and asks again. Bytes count, not answers: a read that blocks holds the answers after it back.
 */
export function watchConnection(redis: Redis | Watched): void {
  const connection: Watched = redis;
  let of: Watched['stream'];
  let bytes = 0;
  let looks = 0;
  let pings = 0; // on this stream
  const look = (): void => {
    const { status, stream } = connection;
    if (stream !== of) [of, bytes, looks, pings] = [stream, -1, 0, 0];
    if (!stream || (status !== 'ready' && status !== 'connect')) return;
    if (stream.bytesRead !== bytes) [bytes, looks] = [stream.bytesRead, 0];
    else if (++looks >= PATIENCE) {
      looks = 0;
      stream.destroy(new Error(`nothing came from Redis for ${(PATIENCE * LOOK_EVERY_MS) / 1000} s`));
      return;
    }
    if (status !== 'ready' || pings > 0) return;
    pings = 1;
    const back = (): void => void (stream === of && (pings = 0));
    connection.ping().then(back, back);
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  connection.once('end', () => clearInterval(timer));
}
