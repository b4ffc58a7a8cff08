import type { Heartbeat } from '@guardpost/contracts';
import type { Tap } from '@guardpost/bpf';
import type { Lists } from '../enforce/lists.js';

export interface HeartbeatParts {
  readonly nowUs: () => number;
  readonly lists: Lists;
  readonly tap: Pick<Tap, 'interfaces'>;
  readonly counters: () => Record<string, number>;
  readonly unacknowledged: () => number;
  readonly problems: () => string[];
}

export const heartbeat = ({ nowUs, lists, tap, counters, unacknowledged, problems }: HeartbeatParts): Heartbeat => ({
  kind: 'heartbeat',
  at: nowUs(),
  watchVersion: Math.max(0, lists.watch.version),
  dropVersion: Math.max(0, lists.drop.version),
  interfaces: tap.interfaces().map((i) => ({ name: i.name, tap: i.tap, xdp: i.xdp, problem: i.problem ?? null })),
  counters: counters(),
  unacknowledged: unacknowledged(),
  problems: problems(),
});
