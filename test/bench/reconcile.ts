import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onLab } from './bench-lab.js';
import type { Measured, Pass } from './reconcile-inside.js';
import { alone, median, type Report } from './result.js';

const SIZES = [1_000, 5_000, 10_000] as const;
const PASSES = 9;

/** The reconciler, its ledger and nothing else of the bridge, in a process of their own, on the real ONOS. */
export const run = (report: Report): Promise<void> =>
  onLab({ onos: 'real' }, async ({ onosUrl, boxes, description }) => {
    const scratch = mkdtempSync(join(tmpdir(), 'guardpost-bench-'));
    try {
      const job = { onosUrl, user: description.onosUser, password: description.onosPassword, boxes, scratch, sizes: SIZES, passes: PASSES };
      const { sizes, restoredMs, restoring } = await measured(JSON.stringify(job));
      for (const s of sizes) {
        const name = (what: string): string => `reconcile.${s.rules / 1_000}k_${what}`;
        const of = (pick: (p: (typeof s.passes)[number]) => number): number => median(s.passes.map(pick));
        report(alone(name('s'), of((p) => p.ms) / 1_000, 's', s.passes.length));
        report(alone(name('read_s'), median(s.readMs) / 1_000, 's', s.readMs.length));
        report(
          alone(
            name('longest_block_ms'),
            of((p) => p.blockMs),
            'ms',
            s.passes.length,
          ),
        );
        report(alone(name('confirm_s'), s.confirming.ms / 1_000, 's', 1));
        report(alone(name('rss_mb'), s.rssMb, 'MB', 1));
        const took = [`placed in ${s.placedMs.toFixed(0)} ms`, `the pass that confirms all of them ${said(s.confirming)}`];
        console.log(`${s.rules} rules: ${took.join(', ')}; ${(s.answerBytes / 1e6).toFixed(1)} MB of JSON in ${s.rawMs.toFixed(0)} ms`);
      }
      report(alone('reconcile.onos_s', restoredMs / 1_000, 's', 1));
      console.log('reconcile.*k_s: a pass that finds all in order; read_s: of which ONOS, client and decoding; rss: after the passes');
      console.log(
        `reconcile.onos_s: ${SIZES.at(-1)} rules are gone from ONOS at once, until it has all again; the pass that finds it ${said(restoring)}`,
      );
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

const said = (pass: Pass | undefined): string => `${pass?.ms.toFixed(0) ?? '?'} ms, longest block ${pass?.blockMs.toFixed(0) ?? '?'} ms`;

function measured(job: string): Promise<Measured> {
  const script = fileURLToPath(new URL('reconcile-inside.ts', import.meta.url));
  const profile = process.env['GUARDPOST_BENCH_PROFILE'];
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  return new Promise((resolve, reject) => {
    let out = '';
    const child = spawn(process.execPath, ['--expose-gc', ...flags, '--import', 'tsx', script, job], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as Measured);
      else reject(new Error(`the measuring process ended with ${code}`));
    });
  });
}
