/** Which neighbour a port leads to: the recorded lab and ours number their ports differently. */
export type LinkName = (device: string, port: string) => string | undefined;

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Values that differ from run to run. */
const VOLATILE = new Set(['id', 'flowId', 'lastUpdate', 'time', 'lastSeen', 'life', 'packets', 'bytes', 'channelId', 'managementAddress']);
/** Of a host: ours are told to ONOS, the recorded ones were learned from their ARP. Of a route: ours are STATIC, the recorded ones BGP's. */
const OF_ORIGIN = new Set(['configured', 'outerTpid', 'source']);
/** Lists whose order means something. */
const ORDERED = new Set(['instructions', 'deferred']);

/** What of an answer is the same in every run and on every lab; sets are sorted. */
export function comparable(value: unknown, linkName: LinkName, device = '', key = ''): unknown {
  if (Array.isArray(value)) {
    // For some milliseconds what was withdrawn or removed is listed or is not.
    const settled = value.filter((item) => !isNode(item) || (item['state'] !== 'WITHDRAWN' && item['state'] !== 'PENDING_REMOVE'));
    const items = settled.map((item: unknown) => comparable(item, linkName, device));
    return ORDERED.has(key) ? items : items.map((item) => JSON.stringify(item)).sort();
  }
  if (!isNode(value)) return value;
  const here = text(value['deviceId']) ?? text(value['device']) ?? device;
  const entries = Object.entries(value).flatMap(([name, one]): [string, unknown][] => {
    if (OF_ORIGIN.has(name) || (name === 'annotations' && 'ipAddresses' in value)) return [];
    if (name === 'hosts' && isNode(one)) return [[name, {}]]; // of the network configuration: how ours are told
    if (name === 'state' && 'liveType' in value) return [[name, one === 'ADDED' ? 'PENDING_ADD' : one]];
    if (name === 'humanReadableLastUpdate') return [[name, text(one)?.split(' ')[0]?.replace(/^\d.*/, 'ago')]];
    if (name === 'key' && one === value['id']) return [[name, 'its id']];
    if (name === 'id' && !/^(0x[\da-f]+|-?\d+)$/.test(String(one))) return [[name, one]];
    if (VOLATILE.has(name)) return [[name, typeof one]];
    if (name === 'port' && (typeof one === 'string' || typeof one === 'number'))
      return [[name, linkName(here, String(one)) ?? String(one)]];
    if (name === 'message' && typeof one === 'string') return [[name, sentence(one)]];
    return [[name, comparable(one, linkName, here, name)]];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
/** Less what depends on where Java has put its objects. */
const sentence = (message: string): string => message.replace(/@[\da-f]+/, '@').replace(/(JsonParseException).*/s, '$1');

/** Names and types, no values; a list is the set of its elements' shapes, a map by subject one of its values' shapes. */
export function shape(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item: unknown) => JSON.stringify(shape(item))))].sort();
  if (!isNode(value)) return value === null ? 'null' : typeof value;
  const entries = Object.entries(value).map(([name, one]): [string, unknown] => [/[:/]/.test(name) ? '*' : name, shape(one)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
