import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { START_US, tapEvent } from '@guardpost/detect/testing';
import { SuspiciousLog } from './suspicious-log.js';

describe('SuspiciousLog', () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const at = { interface: 'eth2', direction: 'ingress', device: 'of:0000000000000001', port: '6', vni: null } as const;

  it('is one file a day in the format of 2017, with whole ports, begun once', async () => {
    for (const dport of [40_000, 443]) {
      const log = new SuspiciousLog(folder, 'gist1', () => undefined);
      log.write(tapEvent({ dport }), START_US + 7, 'ind-7', at);
      await log.close();
    }
    const log = new SuspiciousLog(folder, 'gist1', () => undefined);
    log.write(tapEvent({ src: '2001:db8::1', proto: 58, dport: 0 }), START_US + 86_400_000_000, 'ind-7', at);
    await log.close();
    expect(readFileSync(join(folder, 'suspicious-gist1-2023-11-14.txt'), 'utf8')).toBe(
      'Suspicious Packets on gist1\n' +
        '2023-11-14 22:13:20.000007 4 198.51.100.7 10.1.0.5 40000\n' +
        '2023-11-14 22:13:20.000007 4 198.51.100.7 10.1.0.5 443\n',
    );
    expect(readFileSync(join(folder, 'suspicious-gist1-2023-11-15.txt'), 'utf8')).toContain(' 6 2001:db8::1 10.1.0.5 0\n');
    const json = readFileSync(join(folder, 'suspicious-gist1-2023-11-14.ndjson'), 'utf8').trim().split('\n');
    expect(JSON.parse(json[0]!)).toMatchObject({ indicator: 'ind-7', dport: 40_000, interface: 'eth2', port: '6', at: START_US + 7 });
  });
});
