// A tracer's tap in a process of its own, to be killed: node tap-process.mjs <pinDir> <interface pattern> [drop prefix]. Prints "ready".
import { parsePrefix } from '@guardpost/contracts';
import { bootClock, EbpfTap } from '../../dist/index.js';

const [pinDir, pattern, drop] = process.argv.slice(2);
const tap = new EbpfTap({ pinDir, interfaces: (name) => new RegExp(pattern).test(name) });
await tap.start(() => undefined);
await tap.setWatch([{ rule: 1, prefix: parsePrefix('10.77.0.0/16') }]);
if (drop) await tap.setDrops([{ id: 'kept', prefix: parsePrefix(drop), expiresBootNs: bootClock().bootNs() + 3_600_000_000_000n }], []);
process.stdout.write('ready\n');
process.stdin.resume(); // stays until it is killed
