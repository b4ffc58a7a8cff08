/** Names in Redis. The hash tag keeps all of them in one slot of a Redis Cluster. */
export const REDIS_PREFIX = '{guardpost}';
export const redisKeys = {
  reports: `${REDIS_PREFIX}:reports`,
  list: (name: string): string => `${REDIS_PREFIX}:list:${name}`,
  listChanges: (name: string): string => `${REDIS_PREFIX}:list:${name}:changes`,
  /** Summaries of a box's traffic. */
  flows: (box: string): string => `${REDIS_PREFIX}:flows:${box}`,
  toBox: (box: string): string => `${REDIS_PREFIX}:to:${box}`,
  /** Published when the ledger has work for whichever bridge leads. */
  wake: `${REDIS_PREFIX}:wake`,
} as const;
export const DETECTIONS_QUEUE = 'detections';
export const DETECTION_JOB = 'detection';
