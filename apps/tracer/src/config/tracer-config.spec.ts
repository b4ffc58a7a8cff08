import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readYaml } from '@guardpost/platform';
import { afterAll, describe, expect, it } from 'vitest';
import { TracerConfigFile, withDefaults } from './tracer-config.codec.js';

const MINIMUM = `
box: gist1
stateDir: /var/lib/guardpost
pinDir: /sys/fs/bpf/guardpost-gist1
interfaces: { allow: ['*'], deny: [lo] }
bridges: []
keys: { private: a, trusted: b }
http: { host: 127.0.0.1, port: 9100 }
`;

describe('the configuration of the tracer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (text: string) => {
    const path = join(folder, 'tracer.yaml');
    writeFileSync(path, MINIMUM + text);
    return withDefaults(readYaml(path, TracerConfigFile), 'redis://127.0.0.1', undefined);
  };

  it('exports summaries and no IPFIX where nothing is said', () => {
    expect(read('')).toMatchObject({
      tap: 'auto',
      evidence: { packets: 3, bytes: 128 },
      flowExport: { maxFlows: 262_144, ipfix: undefined, summary: { box: 'gist1', intervalSeconds: 10, topFlows: 100 } },
      captures: { packets: 1_000_000, running: 2, diskBytes: 1 << 30 },
    });
  });

  it('takes what is said, and fills the rest in', () => {
    const text = `
export:
  activeSeconds: 30
  ipfix: { collectors: [{ address: 192.0.2.9, port: 4739 }, { address: '2001:db8::9', port: 2055 }], domain: 7 }
  summary: { enabled: false }
tap: pcap
evidence: { bytes: 64 }
capture: { seconds: 60 }
`;
    expect(read(text)).toMatchObject({
      tap: 'pcap',
      evidence: { packets: 3, bytes: 64 },
      captures: { seconds: 60, bytes: 256 << 20 },
      flowExport: {
        summary: undefined,
        ipfix: {
          domain: 7,
          activeSeconds: 30,
          idleSeconds: 15,
          maxMessageBytes: 1_400,
          messagesPerSecond: 2_000,
          collectors: [{ port: 4_739 }, {}],
        },
      },
    });
  });

  it.each([
    ['export: { ipfix: { collectors: [{ address: collector.example, port: 4739 }] } }', 'address'],
    ['export: { ipfix: { collectors: [], sampling: 10 } }', 'sampling'],
    ['tap: cap', 'tap'],
    ['evidence: { bytes: 257 }', 'bytes'],
    ['capture: { snapLength: 1 }', 'snapLength'],
  ])('refuses %s', (text, where) => {
    expect(() => read(text)).toThrow(where);
  });
});
