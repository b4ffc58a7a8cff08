// describe.mjs TOPOLOGY BGP: writes lab.json, all that an operator or a test needs to find its way. Called by lab.sh.
import { readBgp } from './read-bgp.mjs';
import { readTopology } from './read-topology.mjs';

const env = (name) => process.env[name] ?? '';
const list = (name) => env(name).split(' ').filter(Boolean);
const name = env('LAB_NAME');
const ctl = env('LAB_CTL');
const topology = readTopology(process.argv[2]);
const bgp = readBgp(process.argv[3], topology);
const hasOnos = env('LAB_MODE') !== 'none';
const v6 = (address) => address.includes(':');

const boxes = topology.boxes.map((box) => ({
  id: box.id,
  dpid: box.dpid,
  device: box.device,
  bridge: `br-nd${box.dpid}`,
  namespace: `${name}-${box.id}`,
  rundir: `${env('LAB_RUN')}/${box.id}`,
  vtep: `172.31.0.${box.dpid}`,
  mgmt: `10.255.0.${box.dpid}`,
  underlay: 'eth1',
  ports: box.ports.map(({ name, ofport, kind, peer }) => ({ name, ofport, kind, peer })),
}));
const inNamespace = (peer) => ({ ...peer, namespace: `${name}-${peer.name}` });
const tenants = topology.tenants.map((t) => ({
  name: t.name,
  box: t.box,
  port: t.ofport,
  namespace: `${name}-${t.name}`,
  mac: t.mac,
  v4: t.v4,
  v6: t.v6,
}));

process.stdout.write(
  `${JSON.stringify(
    {
      name,
      dir: env('LAB_DIR'),
      run: env('LAB_RUN'),
      onosMode: env('LAB_MODE'),
      redisUrl: `redis://127.0.0.1:${env('LAB_REDIS_PORT')}`,
      onosUrl: hasOnos ? env('LAB_ONOS_URL') : null,
      onosUser: env('LAB_ONOS_USER'),
      onosPassword: env('LAB_ONOS_PASSWORD'),
      inside: {
        redisUrl: `redis://${ctl}:6379`,
        onosUrl: hasOnos ? `${env('LAB_ONOS_URL').split(':')[0]}://${ctl}:8181` : null,
      },
      ctl: { namespace: `${name}-ctl`, address: ctl },
      boxes,
      hosts: tenants.filter((t) => t.name !== 'gw'),
      gateway: {
        ...tenants.find((t) => t.name === 'gw'),
        malicious: list('LAB_MALICIOUS'),
        benign: { v4: list('LAB_BENIGN').find((a) => !v6(a)), v6: list('LAB_BENIGN').find(v6) },
        prefixes: { v4: list('LAB_PREFIXES').filter((a) => !v6(a)), v6: list('LAB_PREFIXES').filter(v6) },
      },
      bgp: {
        speaker: inNamespace(bgp.speaker),
        routers: bgp.routers.map(inNamespace),
      },
    },
    null,
    2,
  )}\n`,
);
