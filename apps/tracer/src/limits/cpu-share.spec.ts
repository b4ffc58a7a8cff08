import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limitCpu, type CpuShare } from './cpu-share.js';

const fake = (...files: string[]): string => {
  const root = mkdtempSync(join(tmpdir(), 'guardpost-cgroup-'));
  for (const file of files) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  return root;
};

describe('limitCpu', () => {
  it('writes the quota of version 2, and of version 1', () => {
    const two = fake('cgroup.controllers');
    limitCpu('g', 0.5, 42, two);
    expect(readFileSync(join(two, 'g/cpu.max'), 'utf8')).toBe('10000 20000');
    expect(readFileSync(join(two, 'g/cgroup.procs'), 'utf8')).toBe('42');
    const one = fake('cpu/cgroup.procs');
    limitCpu('g', 2, 42, one);
    expect(readFileSync(join(one, 'cpu/g/cpu.cfs_quota_us'), 'utf8')).toBe('40000');
    expect(readFileSync(join(one, 'cpu/g/cpu.cfs_period_us'), 'utf8')).toBe('20000');
  });

  it('says what is missing', () => {
    expect(() => limitCpu('g', 1, 42, fake('nothing'))).toThrow(/no cpu controller/);
  });
});

/** A real control group, where this process may make one. */
const real = ((): CpuShare | string => {
  try {
    const share = limitCpu(`guardpost-spec-${process.pid}`, 1, process.pid);
    share.release();
    return share;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
})();

it.skipIf(typeof real === 'string')(`holds back a process that wants more ${typeof real === 'string' ? real : ''}`, async () => {
  const busy = spawn(process.execPath, ['-e', 'const until = Date.now() + 10000; while (Date.now() < until);'], { stdio: 'ignore' });
  const share = limitCpu(`guardpost-spec-${process.pid}-busy`, 0.1, busy.pid);
  try {
    await expect.poll(() => share.throttled(), { timeout: 8_000 }).toBeGreaterThan(5);
  } finally {
    busy.kill('SIGKILL');
    await new Promise((resolve) => busy.once('close', resolve));
    share.release();
  }
});
