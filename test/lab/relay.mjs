// relay.mjs LISTEN CONNECT [LISTEN CONNECT]...   each tcp:HOST:PORT or unix:/PATH; port 0 takes a free one.
// Unix sockets are files, so they cross network namespaces: one relay on either side joins two of them.
// Writes `LISTEN PORT` to standard output when all listen (PORT empty for a Unix socket).
import { rmSync } from 'node:fs';
import net from 'node:net';

const MAX_CONNECTIONS = 512;

function parse(text) {
  const [, kind, rest] = /^(tcp|unix):(.+)$/.exec(text) ?? [];
  if (kind === 'unix') return { path: rest };
  const at = rest?.lastIndexOf(':') ?? -1;
  const port = Number(rest?.slice(at + 1));
  if (kind !== 'tcp' || at < 1 || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`relay: ${text}: expected tcp:HOST:PORT or unix:/PATH`);
  }
  return { host: rest.slice(0, at), port };
}

function join(near, target) {
  const far = net.connect({ ...target, allowHalfOpen: true, noDelay: true });
  for (const [from, to] of [
    [near, far],
    [far, near],
  ]) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      if (!from.readableEnded) to.destroy();
    });
  }
}

async function listen(where, target) {
  if (where.path) rmSync(where.path, { force: true });
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => join(near, target));
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise((resolve, reject) => server.once('error', reject).listen(where, resolve));
  const bound = server.address();
  return typeof bound === 'object' ? bound.port : '';
}

const args = process.argv.slice(2).filter((arg) => !arg.startsWith('--lab=')); // --lab only names the owner in the process list
if (args.length === 0 || args.length % 2 === 1) throw new Error('relay: expected pairs of LISTEN CONNECT');
const lines = [];
for (let i = 0; i < args.length; i += 2) {
  lines.push(`${args[i]} ${await listen(parse(args[i]), parse(args[i + 1]))}`);
}
console.log(lines.join('\n'));
