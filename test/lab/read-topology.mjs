// The table of topology.txt as objects.
import { readFileSync } from 'node:fs';

const hex2 = (n) => n.toString(16).padStart(2, '0');

export function readTopology(path) {
  const boxes = [];
  const tenants = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [id, ofport, name, kind, peer, , v4, v6] = line.trim().split(/\s+/);
    let box = boxes.find((b) => b.id === id);
    if (!box) {
      const dpid = boxes.length + 1;
      box = { id, dpid, device: `of:${dpid.toString(16).padStart(16, '0')}`, ports: [] };
      boxes.push(box);
    }
    const port = { name, ofport: Number(ofport), kind, peer };
    box.ports.push(port);
    if (v4 !== '-') {
      const mac = `02:00:00:00:${hex2(box.dpid)}:${hex2(port.ofport)}`;
      tenants.push({ name: peer, box: id, device: box.device, ofport: port.ofport, mac, v4, v6 });
    }
  }
  return { boxes, tenants };
}
