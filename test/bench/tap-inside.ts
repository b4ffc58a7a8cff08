import { EbpfTap } from '../../libs/bpf/src/index.js';
import { unmatchedPrefixes } from './prefixes.js';

/** Runs inside namespace B, for forward.ts: holds a tap on b0 until its input ends, with a drop list in force where asked for. */
const [pinDir = '', mode] = process.argv.slice(2);
const DROPS = 1_000;
const tap = new EbpfTap({ pinDir, interfaces: (name) => name === 'b0' });
await tap.start(() => undefined);
if (mode === 'dropping') {
  await tap.setDrops(
    unmatchedPrefixes(DROPS).map((prefix, i) => ({ id: `miss-${i}`, prefix, expiresBootNs: 2n ** 62n })),
    [],
  );
}
process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.once('end', () => void tap.remove().then(() => process.exit(0)));
