import { Redis } from 'ioredis';
import { watchConnection } from './watchdog.js';

/**
 * A connection that waits out a Redis that is away. Commands are kept while it is, without end: callers bound what they
 * send. One that is dead without a word is replaced. `onProblem` gets each error once until the connection is back.
 */
export function connectRedis(url: string, onProblem: (message: string) => void): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(50 * times, 500),
    connectTimeout: 2_000,
    keepAlive: 5_000,
    noDelay: true,
  });
  let told = '';
  redis.on('error', (error: Error) => {
    if (error.message !== told) onProblem((told = error.message));
  });
  redis.on('ready', () => {
    told = '';
  });
  watchConnection(redis);
  return redis;
}

/** Why acknowledged jobs could be lost here; empty where Redis keeps what it says it keeps. */
export async function durabilityProblems(redis: Redis): Promise<string[]> {
  const setting = async (name: string): Promise<unknown> => {
    const answer = await redis.config('GET', name);
    return Array.isArray(answer) ? (answer as unknown[])[1] : undefined;
  };
  const problems: string[] = [];
  if ((await setting('appendonly')) !== 'yes')
    problems.push('Redis has appendonly off: acknowledged jobs are lost when it is killed (CONFIG SET appendonly yes)');
  if ((await setting('maxmemory-policy')) !== 'noeviction')
    problems.push('Redis may evict keys: jobs can vanish under memory pressure (CONFIG SET maxmemory-policy noeviction)');
  return problems;
}
