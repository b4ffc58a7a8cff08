// Runs everything that is checked, one part after another, and ends with `N passed, N failed, N skipped`.
// Arguments name parts to run instead of all: format lint deps types unit conformance kernel lab contract e2e chaos
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const root = new URL('..', import.meta.url).pathname;
const checks = {
  format: ['npx', '--no-install', 'prettier', '--check', '--log-level', 'warn', '.'],
  lint: ['npm', 'run', '--silent', 'lint'],
  deps: ['npm', 'run', '--silent', 'deps'],
  types: ['npm', 'run', '--silent', 'typecheck'],
};
const projects = ['unit', 'conformance', 'kernel', 'lab', 'contract', 'e2e', 'chaos'];
const wanted = process.argv.slice(2);
const selected = (name) => wanted.length === 0 || wanted.includes(name);
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const reasons = [];
const scratch = mkdtempSync(join(tmpdir(), 'guardpost-test-'));

const run = (command, args) => spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });

for (const [name, [command, ...args]] of Object.entries(checks).filter(([name]) => selected(name))) {
  console.log(`== ${name}`);
  const ok = run(command, args).status === 0;
  total[ok ? 'passed' : 'failed']++;
  if (!ok) failures.push(name);
}

for (const name of projects.filter(selected)) {
  console.log(`== ${name}`);
  const out = join(scratch, `${name}.json`);
  const args = ['--no-install', 'vitest', 'run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${out}`];
  const { status } = run('npx', args);
  let report;
  try {
    report = JSON.parse(readFileSync(out, 'utf8'));
  } catch {
    total.failed++;
    failures.push(`${name} (no report, exit ${status})`);
    continue;
  }
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  // A file that can't be loaded, or a hook that fails, is a failure without a failed test.
  const broken = report.testResults.filter((f) => f.status === 'failed' && !f.assertionResults.some((a) => a.status === 'failed'));
  total.failed += broken.length;
  if (status !== 0 && report.numFailedTests + broken.length === 0) total.failed++;
  if (status !== 0) failures.push(name);
  for (const file of report.testResults)
    for (const test of file.assertionResults.filter((a) => a.status === 'failed')) reasons.push([test.fullName, ...test.failureMessages]);
  for (const file of broken) reasons.push([file.name.replace(root, ''), file.message]);
}
rmSync(scratch, { recursive: true });
// What is read first, and kept where only the end of a log is.
for (const [name, message = ''] of reasons)
  console.log(
    `failed: ${name}: ${stripVTControlCharacters(message)
      .split(/\n\s+at /)[0]
      .slice(0, 500)}`,
  );
if (failures.length > 0) console.log(`failed: ${failures.join(', ')}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
