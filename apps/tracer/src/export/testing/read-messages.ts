import { formatAddress } from '@guardpost/contracts';
import { ELEMENT, type ElementName } from '../ipfix/templates.js';

type Value = number | string;
const NAMES = new Map(Object.entries(ELEMENT).map(([name, [id]]) => [id as number, name as ElementName]));

/** For specs: the records of messages, by the templates that they bring. Throws on what is no IPFIX. */
export function readMessages(messages: readonly Buffer[]): Record<string, Value>[] {
  const templates = new Map<number, { name: ElementName; length: number }[]>();
  const records: Record<string, Value>[] = [];
  for (const message of messages) {
    if (message.readUInt16BE(0) !== 10 || message.readUInt16BE(2) !== message.length) throw new Error('no IPFIX message');
    const domain = message.readUInt32BE(12);
    for (let at = 16; at < message.length;) {
      const [id, length] = [message.readUInt16BE(at), message.readUInt16BE(at + 2)];
      const set = message.subarray(at + 4, at + length);
      if (length < 4 || at + length > message.length) throw new Error('a set of a wrong length');
      if (id === 2) readTemplates(set, templates);
      else {
        const fields = templates.get(id);
        if (fields === undefined) throw new Error(`no template ${id}`);
        for (let from = 0; from < set.length;) {
          const record: Record<string, Value> = { domain };
          for (const { name, length: size } of fields) {
            record[name] = valueOf(name, set.subarray(from, from + size));
            from += size;
          }
          records.push(record);
        }
      }
      at += length;
    }
  }
  return records;
}

function readTemplates(set: Buffer, templates: Map<number, { name: ElementName; length: number }[]>): void {
  for (let at = 0; at < set.length;) {
    const [id, count] = [set.readUInt16BE(at), set.readUInt16BE(at + 2)];
    const fields = Array.from({ length: count }, (_, i) => {
      const name = NAMES.get(set.readUInt16BE(at + 4 + 4 * i));
      if (name === undefined) throw new Error('an element that nobody knows');
      return { name, length: set.readUInt16BE(at + 6 + 4 * i) };
    });
    templates.set(id, fields);
    at += 4 + 4 * count;
  }
}

const valueOf = (name: ElementName, bytes: Buffer): Value =>
  name.includes('Address')
    ? formatAddress(bytes)
    : bytes.length === 8
      ? bytes.readUInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4)
      : bytes.readUIntBE(0, bytes.length);
