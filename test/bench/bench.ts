import { NotHere, print, save, type Report, type Result } from './result.js';

/** Parts in the order in which they run; arguments choose some of them. Each starts what it needs and stops it. */
const parts: Record<string, () => Promise<{ run: (report: Report) => Promise<void> }>> = {
  kernel: () => import('./kernel.js'),
  lists: () => import('./lists.js'),
  ring: () => import('./ring.js'),
  forward: () => import('./forward.js'),
  mitigate: async () => ({ run: (await import('./mitigate.js')).onEmbedded }),
  'mitigate.onos': async () => ({ run: (await import('./mitigate.js')).onReal }),
  rules: () => import('./rules.js'),
  intents: () => import('./intents.js'),
  drift: () => import('./drift.js'),
  reconcile: () => import('./reconcile.js'),
};
/** Memory is that of the apps which mitigate on a real ONOS. */
const ALIASES: Readonly<Record<string, string>> = { memory: 'mitigate.onos' };

const wanted = process.argv.slice(2).map((name) => ALIASES[name] ?? name);
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`no part ${unknown.join(', ')}: there are ${[...Object.keys(parts), ...Object.keys(ALIASES)].join(', ')}`);
  process.exit(2);
}

// Ctrl-C ends the processes that a part has started; the part then cleans up, and no other one begins.
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (interrupted = true));

const results: Result[] = [];
for (const [name, load] of Object.entries(parts)) {
  if (interrupted || (wanted.length > 0 && !wanted.includes(name))) continue;
  console.log(`== ${name}`);
  try {
    await (await load()).run((result) => void results.push(result));
  } catch (error) {
    // What can't be measured here is said, and the others go on.
    console.log(`${name}: not measured: ${error instanceof Error ? error.message : String(error)}`);
    if (!(error instanceof NotHere)) process.exitCode = 1;
  }
}
if (interrupted) process.exitCode = 130;
print(results);
save(results);
