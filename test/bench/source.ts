import { spawnSync } from 'node:child_process';
import { LiveFrames } from './live-frames.js';

/** What brings packets to interface b0. */
export interface Source {
  /** Packets of one `send`. */
  readonly lot: number;
  /** Returns when the tap has had them all. 0 flows: hardly one packet like another. */
  send(flows: number): void;
}

export function liveFrames(object: string, ifindex: number): Source {
  const frames = new LiveFrames(object, ifindex);
  const lot = 25_000;
  return { lot, send: (flows) => frames.send(lot, flows) };
}

/** A command that plays a file of `lot` packets from the other end of the wire, whatever flows are in it. */
export function replay(command: string, lot: number): Source {
  const send = (): void => {
    const { status } = spawnSync('sh', ['-c', command], { stdio: 'ignore' });
    if (status !== 0) throw new Error(`tcpreplay ended with ${status}`);
  };
  return { lot, send };
}
