// The table of bgp.txt as objects, with the ports and MACs that topology.txt gives its namespaces.
import { readFileSync } from 'node:fs';

const hex2 = (n) => n.toString(16).padStart(2, '0');
const toNumber = (address) => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
const toText = (n) => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');

/** `116.89.190.245/30` -> `116.89.190.244/30` */
export function prefixOf(interfaceAddress) {
  const [address, length] = interfaceAddress.split('/');
  const size = 2 ** (32 - Number(length));
  return `${toText(Math.floor(toNumber(address) / size) * size)}/${length}`;
}
/** `116.89.190.84/30` -> `116.89.190.85` */
export function firstHost(prefix) {
  const [address, length] = prefix.split('/');
  return Number(length) >= 31 ? address : toText(toNumber(address) + 1);
}
const bare = (interfaceAddress) => interfaceAddress.split('/')[0];

export function readBgp(path, { boxes }) {
  const rows = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name, kind, as, address, peer, ...announces] = line.trim().split(/\s+/);
      const box = boxes.find(({ ports }) => ports.some((p) => p.kind === 'ns' && p.peer === name));
      const { ofport } = box.ports.find((p) => p.kind === 'ns' && p.peer === name);
      const mac = `02:00:00:00:${hex2(box.dpid)}:${hex2(ofport)}`;
      return {
        kind,
        announces,
        peer,
        length: Number(address.split('/')[1]),
        row: { name, box: box.id, device: box.device, port: ofport, as: Number(as), mac, address: bare(address) },
      };
    });
  const speaker = rows.find(({ kind }) => kind === 'speaker');
  return {
    speaker: { ...speaker.row, onos: speaker.peer },
    routers: rows
      .filter(({ kind }) => kind === 'router')
      .map(({ row, peer, announces, length }) => ({
        ...row,
        length,
        peer,
        prefixes: announces.map((address) => ({ prefix: prefixOf(address), address: bare(address) })),
      })),
  };
}
