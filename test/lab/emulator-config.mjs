// emulator-config.mjs TOPOLOGY: what the embedded ONOS is told of this lab (onos-emulator/config.ts), from the same table as everything else.
// GUARDPOST_SDNIP names a file with `netcfg` and `routes` to start with.
import { readFileSync } from 'node:fs';
import { readTopology } from './read-topology.mjs';

const env = (name) => process.env[name] ?? '';
const { boxes } = readTopology(process.argv[2]);
const wires = boxes.flatMap((box) =>
  box.ports
    .filter(({ kind, peer }) => kind !== 'ns' && boxes.some((other) => other.id === peer && other.dpid > box.dpid))
    .map((port) => {
      const other = boxes.find(({ id }) => id === port.peer);
      const far = other.ports.find(({ kind, peer }) => kind !== 'ns' && peer === box.id);
      return [
        { device: box.device, port: String(port.ofport) },
        { device: other.device, port: String(far.ofport) },
      ];
    }),
);
process.stdout.write(
  `${JSON.stringify({
    listen: { host: '0.0.0.0', port: 8181 },
    user: env('LAB_ONOS_USER'),
    password: env('LAB_ONOS_PASSWORD'),
    devices: boxes.map(({ id, dpid, device }) => ({
      id: device,
      bridge: `br-nd${dpid}`,
      rundir: `${env('LAB_RUN')}/${id}`,
      address: `10.255.0.${dpid}`,
    })),
    wires,
    ...(env('GUARDPOST_SDNIP') && JSON.parse(readFileSync(env('GUARDPOST_SDNIP'), 'utf8'))),
  })}\n`,
);
