import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { LabBgp } from './lab-description.js';

/** One end of a session, as its FRR tells it. A session between two routers is listed by each of them. */
export interface BgpSession {
  /** Who was asked: a router or the speaker. */
  readonly name: string;
  /** The other end: a router, the speaker, or `onos`. */
  readonly with: string;
  readonly neighbour: string;
  /** `Established`, or how far it got: Idle, Connect, Active, OpenSent, OpenConfirm. */
  readonly state: string;
  /** How long it has been established without a break; 0 if it is not. */
  readonly uptimeSeconds: number;
  /** When it was established, seconds since 1970: unchanged means that there was no break. null if it is not. */
  readonly establishedEpoch: number | null;
  /** How often it was established, and lost, since the daemon started. */
  readonly established: number;
  readonly dropped: number;
}

/** `show bgp neighbors json`; what is asked for is told only of an established session. */
const Neighbours = t.record(
  t.string,
  t.intersection([
    t.type({ bgpState: t.string, connectionsEstablished: t.number, connectionsDropped: t.number }),
    t.partial({ bgpTimerUpMsec: t.number, bgpTimerUpEstablishedEpoch: t.number }),
  ]),
);

/** @throws where `json` is not what FRR's `show bgp neighbors json` writes */
export function readSessions(name: string, json: string, { speaker, routers }: LabBgp): BgpSession[] {
  const decoded = Neighbours.decode(JSON.parse(json));
  if (isLeft(decoded)) throw new Error(`show bgp neighbors json of ${name}: not as expected`);
  const nameOf = (address: string): string =>
    address === speaker.onos
      ? 'onos'
      : (routers.find((router) => router.address === address)?.name ??
        (routers.some((router) => router.peer === address) ? speaker.name : address));
  return Object.entries(decoded.right).map(([neighbour, told]) => {
    const up = told.bgpState === 'Established';
    return {
      name,
      with: nameOf(neighbour),
      neighbour,
      state: told.bgpState,
      uptimeSeconds: up ? Math.floor((told.bgpTimerUpMsec ?? 0) / 1_000) : 0,
      establishedEpoch: (up ? told.bgpTimerUpEstablishedEpoch : undefined) ?? null,
      established: told.connectionsEstablished,
      dropped: told.connectionsDropped,
    };
  });
}
