import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootClock, listInterfaces, LiveCapture } from '@guardpost/bpf';
import { frames as f, TwoNamespaces, whyNoKernel } from '@guardpost/bpf/testing';
import type { CaptureRequest } from '@guardpost/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.js';
import { OnDemandCaptures } from './on-demand.js';

const whyNot = (): string | undefined => {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'pipe' });
    return whyNoKernel();
  } catch {
    return 'no tshark';
  }
};
const reason = whyNot();

describe.skipIf(reason !== undefined)(`a capture opened by tshark${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'captures-'));
  const clock = systemClock(bootClock());
  let net: TwoNamespaces;
  let captures: OnDemandCaptures;
  beforeAll(() => {
    net = new TwoNamespaces(2);
    net.enter(net.b);
    captures = new OnDemandCaptures({
      folder,
      maxima: { packets: 1_000, bytes: 1 << 20, seconds: 60, snapLength: 65_535, running: 2, diskBytes: 1 << 30 },
      interfaces: () => listInterfaces().filter(({ name }) => name.startsWith('b')),
      open: (interfaces, match, snapLength) => new LiveCapture(interfaces, { match, snapLength, ringBytes: 1 << 20 }),
      nowNs: () => BigInt(clock.nowUs()) * 1000n,
    });
  });
  afterAll(async () => {
    await captures.close();
    net.remove();
    rmSync(folder, { recursive: true });
  });

  async function capture(request: CaptureRequest, act: () => void): Promise<string[][]> {
    const started = captures.start(request);
    if ('refusal' in started) throw new Error(started.refusal.message);
    act();
    expect(await captures.stop(started.capture.id)).toMatchObject({ state: 'done', lost: 0 });
    const fields = [
      'frame.interface_name',
      'frame.packet_flags_direction',
      'frame.len',
      'frame.cap_len',
      'vlan.id',
      'ip.src',
      'frame.time_epoch',
    ];
    const path = join(folder, `${started.capture.id}.pcapng`);
    const out = execFileSync('tshark', ['-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(execFileSync('capinfos', ['-k', '-I', path], { encoding: 'utf8' })).toMatch(
      /detection gist1:b:9, capture[^]*\bNumber of interfaces in file: 2/,
    );
    return out
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
  }

  it('has interfaces, directions, tags, lengths, nanoseconds and the detection', async () => {
    const tagged = f.ethernet(f.TYPE.vlan, f.tag(100, f.TYPE.ipv4, f.ipv4({ src: '192.0.2.1', dst: '192.0.2.2', proto: 6 }, f.tcp(1, 2))));
    const before = Date.now() / 1000;
    const rows = await capture({ address: '192.0.2.0/24', snapLength: 64, detection: 'gist1:b:9' }, () => {
      net.send(net.a, 'a0', [tagged, f.udp4('192.0.2.7', 5, '10.0.0.1', 6, Buffer.alloc(500)), f.tcp4('203.0.113.1', 1, '10.0.0.1', 2)]);
      net.send(net.b, 'b1', [f.tcp4('10.0.0.1', 6, '192.0.2.9', 5)]);
      net.send(net.a, 'a0', [f.overVxlan(7, f.tcp4('192.0.2.30', 1, '10.0.0.9', 2))]);
    });
    const [inbound, outbound] = ['0x00000001', '0x00000002'];
    expect(rows.map((row) => row.slice(0, 6)).sort()).toEqual([
      ['b0', inbound, '110', '64', '', '10.0.0.1'],
      ['b0', inbound, '542', '64', '', '192.0.2.7'],
      ['b0', inbound, '60', '60', '100', '192.0.2.1'],
      ['b1', outbound, '60', '60', '', '10.0.0.1'],
    ]);
    for (const row of rows) {
      expect(row[6]).toMatch(/^\d+\.\d{9}$/);
      expect(Number(row[6])).toBeGreaterThan(before - 1);
      expect(Number(row[6])).toBeLessThan(before + 60);
    }
  });
});
