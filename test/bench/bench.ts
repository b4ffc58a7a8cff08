import { print, save, type Report, type Result } from './result.js';

/** Parts in the order in which they run; arguments choose some of them. Each starts what it needs and stops it. */
const parts: Record<string, () => Promise<{ run: (report: Report) => Promise<void> }>> = {
  kernel: () => import('./kernel.js'),
  ring: () => import('./ring.js'),
  forward: () => import('./forward.js'),
  mitigate: () => import('./mitigate.js'),
};

const wanted = process.argv.slice(2);
const results: Result[] = [];
for (const [name, load] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`== ${name}`);
  try {
    await (await load()).run((result) => void results.push(result));
  } catch (error) {
    // What can't be measured here is said, and the others go on.
    console.log(`${name}: not measured: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
print(results);
save(results);
