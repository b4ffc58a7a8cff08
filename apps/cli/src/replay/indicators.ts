import { formatPrefix, parseAddress, parsePrefix, type WatchItem } from '@guardpost/contracts';
import { UsageError } from '../exit-code.js';

const PROTOCOLS: ReadonlyMap<string, number> = new Map([['icmp', 1], ['tcp', 6], ['udp', 17], ['gre', 47], ['icmpv6', 58], ['sctp', 132]]); // prettier-ignore
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 132]);

/** `ADDRESS[/LENGTH] [PROTO [PORT]]` a line; `#` begins a comment. Throws UsageError, which names the line. */
export function parseIndicators(text: string, name: string): WatchItem[] {
  const items: WatchItem[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.replace(/#.*/, '').trim();
    if (line === '') continue;
    const fail = (why: string): never => {
      throw new UsageError(`${name}, line ${index + 1}: ${why}`);
    };
    const [address = '', proto, port, ...more] = line.split(/\s+/);
    if (more.length > 0) fail(`"${more.join(' ')}" is too much: ADDRESS[/LENGTH] [PROTO [PORT]]`);
    const prefix = parsePrefix(address);
    if (prefix === undefined) {
      const whole = parseAddress(address.replace(/\/.*/, '')) !== undefined;
      return fail(whole ? `"${address}" is no prefix: its length is wrong, or it has bits beyond it` : `"${address}" is no address`);
    }
    const number = proto === undefined ? null : (PROTOCOLS.get(proto.toLowerCase()) ?? numberOf(proto, 255));
    if (number === undefined)
      return fail(`"${proto}" is no protocol: a number from 0 to 255, or one of ${[...PROTOCOLS.keys()].join(', ')}`);
    const portNumber = port === undefined ? null : numberOf(port, 65535);
    if (portNumber === undefined) return fail(`"${port}" is no port`);
    if (portNumber !== null && !WITH_PORTS.has(number ?? -1)) fail(`protocol ${proto} has no ports`);
    items.push({
      id: `${name}:${index + 1}`,
      rule: items.length + 1,
      prefix: formatPrefix(prefix),
      proto: number,
      port: portNumber,
      validFrom: 0,
      validUntil: null,
    });
  }
  return items;
}

function numberOf(text: string, most: number): number | undefined {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return number <= most ? number : undefined;
}
