import { EbpfTap } from '@guardpost/bpf';
import { parsePrefix } from '@guardpost/contracts';

/** Runs inside namespace B, for forward.ts: holds a tap on b0 until its input ends. */
const tap = new EbpfTap({ pinDir: '/sys/fs/bpf/guardpost-bench', interfaces: (name) => name === 'b0' });
await tap.start(() => undefined);
const miss = parsePrefix('203.0.113.7');
if (process.argv[2] === 'dropping' && miss !== undefined) await tap.setDrops([{ id: 'miss', prefix: miss, expiresBootNs: 2n ** 62n }], []);
process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.once('end', () => void tap.remove().then(() => process.exit(0)));
