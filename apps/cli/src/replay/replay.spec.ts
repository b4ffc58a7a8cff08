import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Detection } from '@guardpost/contracts';
import { isRight } from 'fp-ts/lib/Either.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../main.js';

let folder: string;
let said: { out: string; error: string };
const path = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guardpost-replay-'));
  said = { out: '', error: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said.error += String(text)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** A TCP packet from 198.51.100.7:4000 to 10.1.0.5, 54 bytes. */
function packet(seconds: number, dport = 80): Buffer {
  const record = Buffer.alloc(16);
  [1_700_000_000 + seconds, 250_000, 54, 54].forEach((word, i) => record.writeUInt32LE(word, 4 * i));
  const ports = `0fa0${dport.toString(16).padStart(4, '0')}`;
  const frame = `020000000001020000000002080045000028000100004006${'0000'}c63364070a010005${ports}${'00'.repeat(8)}5002${'00'.repeat(6)}`;
  return Buffer.concat([record, Buffer.from(frame, 'hex')]);
}
const HEAD = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
const write = (name: string, ...records: Buffer[]): string => {
  writeFileSync(path(name), Buffer.concat([HEAD, ...records]));
  return path(name);
};
const lines = (name: string): unknown[] => readFileSync(path(name), 'utf8').split('\n').filter(Boolean).map((line): unknown => JSON.parse(line)); // prettier-ignore

describe('guardpost replay', () => {
  it('writes every flow as the design says', async () => {
    const file = write('a.pcap', packet(0), packet(2), packet(3, 443));
    expect(await main(['replay', file, '--flows', path('flows')])).toBe(0);
    const flow = {
      v: 1,
      src: '198.51.100.7',
      dst: '10.1.0.5',
      sport: 4000,
      proto: 6,
      vlan: [],
      vni: null,
      outer: null,
      tcpFlags: 2,
      icmp: null,
    };
    expect(lines('flows')).toEqual([
      {
        ...flow,
        dport: 80,
        packets: 2,
        bytes: 108,
        first: 1_700_000_000.25,
        last: 1_700_000_002.25,
        communityId: expect.stringMatching(/^1:/),
      },
      { ...flow, dport: 443, packets: 1, bytes: 54, first: 1_700_000_003.25, last: 1_700_000_003.25, communityId: expect.any(String) },
    ]);
    expect(readFileSync(path('flows'), 'utf8')).toContain('"first":1700000000.250000,');
    expect(said.out).toMatch(/packets +3\n/);
  });

  it('tells what the tracer would have, with its counts at the end', async () => {
    writeFileSync(path('list'), '# feed\n198.51.100.0/24\n203.0.113.1 tcp 80  # never met\n\n');
    const file = write('a.pcap', packet(0), packet(1), packet(30), packet(31, 443));
    expect(await main(['replay', file, '--detections', path('detections'), '--indicators', path('list'), '--json'])).toBe(0);
    const detections = lines('detections');
    expect(detections.every((d) => isRight(Detection.decode(d)))).toBe(true);
    expect(detections).toMatchObject([
      { revision: 0, indicator: { id: 'list:2', prefix: '198.51.100.0/24' }, flow: { remotePort: 4000, localPort: 80 }, packets: 1 },
      { revision: 1, packets: 2, bytes: 108 },
      { revision: 0, flow: { localPort: 80 }, packets: 1, firstAt: 1_700_000_030_250_000 },
      { revision: 0, flow: { localPort: 443 }, packets: 1, firstAt: 1_700_000_031_250_000 },
    ]);
    expect(JSON.parse(said.out)).toMatchObject({ packets: 4, flows: 2, detections: 3, problems: [] });
  });

  it('reads gzip, and several files into one table', async () => {
    writeFileSync(path('b.pcap.gz'), gzipSync(readFileSync(write('b.pcap', packet(5)))));
    expect(await main(['replay', write('a.pcap', packet(0)), path('b.pcap.gz'), '--flows', path('flows')])).toBe(0);
    expect(lines('flows')).toMatchObject([{ packets: 2, last: 1_700_000_005.25 }]);
  });

  it('keeps what came before the place where a file is cut off, says where, and ends with 3', async () => {
    writeFileSync(path('cut.pcap'), readFileSync(write('a.pcap', packet(0), packet(1))).subarray(0, 130));
    expect(await main(['replay', path('cut.pcap'), '--flows', path('flows'), '--json'])).toBe(3);
    expect(said.error).toBe(`guardpost: ${path('cut.pcap')}: cut off at byte 130, in the middle of the record that begins at byte 94\n`);
    expect(lines('flows')).toMatchObject([{ packets: 1 }]);
  });

  it.each([
    ['no such file', 'nothing.pcap', undefined],
    ['not a capture', 'text', 'This is no capture, but text of more than 24 bytes.'],
    ['not a capture', 'empty', ''],
    ['its gzip', 'broken.gz', '\x1f\x8b\x08and then nothing of the kind'],
    ['is a directory', '.', undefined],
  ])('says "%s" of %s and ends with 1', async (what, name, text) => {
    if (text !== undefined) writeFileSync(path(name), text, 'latin1');
    expect(await main(['replay', path(name)])).toBe(1);
    expect(said.error).toContain(what);
  });

  it.each([
    ['no command', []],
    ['no command replya', ['replya']],
    ['needs a capture', ['replay']],
    ['--flow', ['replay', 'x', '--flow', 'y']],
    ['standard output', ['replay', 'x', '--flows', '-', '--detections', '-']],
    ['can not be read', ['replay', 'x', '--indicators', '/nowhere']],
  ])('says "%s" of wrong usage and ends with 2', async (what, args) => {
    expect(await main(args)).toBe(2);
    expect(said.error).toContain(what);
  });

  it.each([
    ['198.51.100.7/24', 'bits beyond'],
    ['198.51.100', 'is no address'],
    ['198.51.100.7 tpc', 'no protocol'],
    ['198.51.100.7 tcp 65536', 'no port'],
    ['198.51.100.7 icmp 80', 'has no ports'],
    ['198.51.100.7 tcp 80 drop', 'too much'],
  ])('refuses the indicator %s', async (line, why) => {
    writeFileSync(path('list'), `# first\n${line}\n`);
    expect(await main(['replay', write('a.pcap'), '--indicators', path('list')])).toBe(2);
    expect(said.error).toContain(`list, line 2: `);
    expect(said.error).toContain(why);
  });
});
