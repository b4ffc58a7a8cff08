// What the lab's routers say of themselves: FRR by vtysh (LAB_FRR has its folders), and the network by ping from their namespaces (LAB_NAME).
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { firstHost, readBgp } from './read-bgp.mjs';
import { readTopology } from './read-topology.mjs';

const here = (file) => new URL(file, import.meta.url);
export const { speaker, routers } = readBgp(here('bgp.txt'), readTopology(here('topology.txt')));

const run = promisify(execFile);
export const inside = (name, ...command) => run('nsenter', [`--net=/run/netns/${process.env.LAB_NAME}-${name}`, '--', ...command]);

async function vtysh(name, command) {
  const folder = `${process.env.LAB_FRR}/${name}`;
  return JSON.parse((await run('vtysh', ['--vty_socket', folder, '--config_dir', folder, '-c', command])).stdout);
}

/** Sessions that are not established, from either end. */
export async function idleSessions() {
  const all = await Promise.all([speaker, ...routers].map(async ({ name }) => [name, await vtysh(name, 'show bgp neighbors json')]));
  return all.flatMap(([name, neighbours]) =>
    Object.entries(neighbours)
      .filter(([, { bgpState }]) => bgpState !== 'Established')
      .map(([address, { bgpState }]) => `${name} with ${address}: ${bgpState}`),
  );
}

/** What the routers announce now: `{ name, prefix }` of each. */
export async function announced() {
  const tables = await Promise.all(routers.map(async ({ name }) => ({ name, ...(await vtysh(name, 'show bgp ipv4 unicast json')) })));
  return tables.flatMap(({ name, routes }) =>
    Object.keys(routes)
      .filter((prefix) => routes[prefix].some(({ peerId }) => peerId === '(unspec)'))
      .map((prefix) => ({ name, prefix })),
  );
}

const answering = (prefix) =>
  routers.flatMap(({ prefixes }) => prefixes).find((known) => known.prefix === prefix)?.address ?? firstHost(prefix);

/** Pings that nobody answers: of every router to every prefix of the others, from an address that those know a way to. */
export async function unanswered() {
  const all = await announced();
  const sources = new Map(all.map(({ name, prefix }) => [name, answering(prefix)]));
  const lost = [...sources].map(async ([from, source]) => {
    const silent = all
      .filter(({ name }) => name !== from)
      .map(({ prefix }) =>
        inside(from, 'ping', '-qc1', '-W1', '-I', source, answering(prefix)).then(
          () => [],
          () => [`${from} -> ${prefix} unanswered`],
        ),
      );
    return (await Promise.all(silent)).flat();
  });
  return (await Promise.all(lost)).flat();
}
