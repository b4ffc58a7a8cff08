/** How to reach ONOS. Only `urls`, `user` and `password` are needed. */
export interface OnosOptions {
  /** Addresses of the ONOS nodes, best first: `http://127.0.0.1:8181`. `/onos/v1` is added where it is missing. */
  readonly urls: readonly string[];
  readonly user: string;
  readonly password: string;
  /** Milliseconds from sending a request to its last byte of answer. @defaultValue 3000 */
  readonly timeoutMs?: number;
  /** The same for withdrawals, for which ONOS itself waits up to 5 s, and for turning applications on and off. @defaultValue 8000 */
  readonly slowTimeoutMs?: number;
  /** Milliseconds of a whole call: waiting for its turn, every attempt, the pauses between them. @defaultValue 30000 */
  readonly deadlineMs?: number;
  /** Requests in flight, which is also the number of connections. @defaultValue 16 */
  readonly maxConcurrent?: number;
  /** Calls waiting for their turn; the next one is refused. @defaultValue 1024 */
  readonly maxWaiting?: number;
  /** Further attempts, after each address had one, of a call that is safe to repeat. @defaultValue 1 */
  readonly retries?: number;
  /** Milliseconds before the second round of attempts; doubled for each further round, plus up to as much again by chance. @defaultValue 50 */
  readonly backoffMs?: number;
  /** Bytes of the largest answer that is read. @defaultValue 67108864 */
  readonly maxAnswerBytes?: number;
  /** Flow rules in one bulk request. @defaultValue 500 */
  readonly bulkSize?: number;
  /** Milliseconds an idle connection is kept; Jetty closes its end after 30 s. @defaultValue 20000 */
  readonly idleMs?: number;
  /** Connections kept open by a cheap request every half of `idleMs`; 0 = none. @defaultValue 0 */
  readonly keepWarm?: number;
  /** For tests. @defaultValue Math.random */
  readonly random?: () => number;
}

export type OnosSettings = Required<OnosOptions>;

/** Fills in the defaults and throws `TypeError` on options that cannot work. Never shows a value that may hold a secret. */
export function readOptions(options: OnosOptions): OnosSettings {
  const settings: OnosSettings = {
    timeoutMs: 3_000,
    slowTimeoutMs: 8_000,
    deadlineMs: 30_000,
    maxConcurrent: 16,
    maxWaiting: 1_024,
    retries: 1,
    backoffMs: 50,
    maxAnswerBytes: 64 * 1024 * 1024,
    bulkSize: 500,
    idleMs: 20_000,
    keepWarm: 0,
    random: Math.random,
    ...options,
    urls: [...new Set(options.urls.map(baseUrl))],
  };
  if (settings.urls.length === 0) throw new TypeError('urls: at least one address of ONOS is needed, e.g. http://127.0.0.1:8181');
  for (const name of ['timeoutMs', 'slowTimeoutMs', 'deadlineMs', 'maxConcurrent', 'maxAnswerBytes', 'bulkSize', 'idleMs'] as const)
    atLeast(settings, name, 1);
  for (const name of ['maxWaiting', 'retries', 'backoffMs', 'keepWarm'] as const) atLeast(settings, name, 0);
  return settings;
}

function atLeast<K extends keyof OnosSettings>(settings: OnosSettings, name: K, least: number): void {
  const value = settings[name];
  if (!Number.isSafeInteger(value) || Number(value) < least) throw new TypeError(`${name}: an integer of at least ${least} is needed`);
}

function baseUrl(text: string, index: number): string {
  if (!URL.canParse(text)) throw new TypeError(`urls[${index}]: not a URL; e.g. http://127.0.0.1:8181`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`urls[${index}]: http or https is needed`);
  if (url.username !== '' || url.password !== '') throw new TypeError(`urls[${index}]: user and password belong into their own options`);
  const prefix = url.pathname.replace(/\/+$/, '');
  return url.origin + (prefix.endsWith('/onos/v1') ? prefix : `${prefix}/onos/v1`);
}
