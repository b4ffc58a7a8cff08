import type { Redis } from 'ioredis';

export const ANSWER_WITHIN_MS = 10_000;

/**
 * `command`, or a rejection once Redis has been there for `withinMs` without answering it. While Redis is away the command waits, as
 * connections keep it until then; but a command that was lost between two connections would never settle, and nor would who awaits it.
 */
export function answered<A>(
  redis: Pick<Redis, 'status'>,
  what: string,
  command: PromiseLike<A>,
  withinMs: number = ANSWER_WITHIN_MS,
): Promise<A> {
  return new Promise<A>((resolve, reject) => {
    const half = withinMs / 2;
    let there = redis.status === 'ready' ? half : 0; // for how long, at the least, it will have been at the next look
    const look = (): void => {
      if (redis.status !== 'ready') there = 0;
      else if (there >= withinMs) return reject(new Error(`${what}: Redis is there and did not answer within ${withinMs} ms`));
      else there += half;
      timer = setTimeout(look, half);
    };
    let timer = setTimeout(look, half);
    command.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
