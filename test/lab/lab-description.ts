import { readFile } from 'node:fs/promises';
import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

const LabPort = t.strict({
  /** Interface in the box's namespace. */
  name: t.string,
  ofport: t.number,
  /** ns = a veth into namespace `peer`, link = a plain veth to box `peer`, vxlan = a tunnel to box `peer`. */
  kind: t.union([t.literal('ns'), t.literal('link'), t.literal('vxlan')]),
  peer: t.string,
});
export type LabPort = t.TypeOf<typeof LabPort>;

const LabBox = t.strict({
  id: t.string,
  dpid: t.number,
  /** As ONOS names it: of:0000000000000001. */
  device: t.string,
  /** The bridge that ONOS controls: br-nd1. */
  bridge: t.string,
  namespace: t.string,
  /** OVS_RUNDIR: db.sock, vswitchd.ctl, BRIDGE.mgmt, pid files and logs. */
  rundir: t.string,
  vtep: t.string,
  mgmt: t.string,
  /** Interface that carries the encapsulated frames. */
  underlay: t.string,
  ports: t.readonlyArray(LabPort),
});
export type LabBox = t.TypeOf<typeof LabBox>;

const tenant = { name: t.string, box: t.string, port: t.number, namespace: t.string, mac: t.string, v4: t.string, v6: t.string };
const LabHost = t.strict(tenant);
export type LabHost = t.TypeOf<typeof LabHost>;

const LabGateway = t.strict({
  ...tenant,
  /** The malicious addresses of the 2017 logs. */
  malicious: t.readonlyArray(t.string),
  benign: t.strict({ v4: t.string, v6: t.string }),
  /** Prefixes whose every address answers and may be sent from. */
  prefixes: t.strict({ v4: t.readonlyArray(t.string), v6: t.readonlyArray(t.string) }),
});
export type LabGateway = t.TypeOf<typeof LabGateway>;

const LabPrefix = t.strict({
  /** 116.89.190.244/30 */
  prefix: t.string,
  /** An address of it that answers; it may be sent from. */
  address: t.string,
});
export type LabPrefix = t.TypeOf<typeof LabPrefix>;
const bgpProcess = { name: t.string, namespace: t.string, box: t.string, device: t.string, port: t.number, as: t.number, mac: t.string };
/** A router of another AS, at a box's port. Nobody has to announce its peering address, so only its prefixes' addresses are reached. */
const LabRouter = t.strict({
  ...bgpProcess,
  address: t.string,
  /** Of the network of `address` and `peer`, in bits. */
  length: t.number,
  /** Its neighbour's: the speaker's. */
  peer: t.string,
  prefixes: t.readonlyArray(LabPrefix),
});
export type LabRouter = t.TypeOf<typeof LabRouter>;
/** Peers with every router over its port, and with ONOS. */
const LabSpeaker = t.strict({ ...bgpProcess, address: t.string, onos: t.string });
export type LabSpeaker = t.TypeOf<typeof LabSpeaker>;
/** Who there is while BGP runs (`Lab.startBgp`), as bgp.txt has it. */
const LabBgp = t.strict({ speaker: LabSpeaker, routers: t.readonlyArray(LabRouter) });
export type LabBgp = t.TypeOf<typeof LabBgp>;

const urlOrNone = t.union([t.string, t.null]);
/** lab.json, written by describe.mjs. */
const LabDescription = t.strict({
  name: t.string,
  dir: t.string,
  run: t.string,
  onosMode: t.union([t.literal('own'), t.literal('external'), t.literal('embedded'), t.literal('none')]),
  redisUrl: t.string,
  onosUrl: urlOrNone,
  onosUser: t.string,
  onosPassword: t.string,
  inside: t.strict({ redisUrl: t.string, onosUrl: urlOrNone }),
  ctl: t.strict({ namespace: t.string, address: t.string }),
  boxes: t.readonlyArray(LabBox),
  hosts: t.readonlyArray(LabHost),
  gateway: LabGateway,
  bgp: LabBgp,
});
export type LabDescription = t.TypeOf<typeof LabDescription>;

/** @throws when there is no such file (the lab is down) or it is not what describe.mjs writes. */
export async function readLabDescription(file: string): Promise<LabDescription> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`${file} is not there: the lab is down (test/lab/lab.sh up)`, { cause });
  });
  const decoded = LabDescription.decode(JSON.parse(text));
  if (isLeft(decoded)) {
    const where = decoded.left.map((error) => error.context.map((step) => step.key).join('.'));
    throw new Error(`${file} is not of this version of the lab (${where.join(', ')}): take the lab down and up again`);
  }
  return decoded.right;
}
