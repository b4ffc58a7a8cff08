import { EventEmitter } from 'node:events';
import type { ConnectPoint } from './config.js';
import type { Device } from './switch/device.js';

export interface Link {
  readonly src: ConnectPoint;
  readonly dst: ConnectPoint;
}
/** Until ONOS' probes have found a wire that came (back) to life: 0.96 s were seen. */
const DISCOVERY_MS = 950;

const samePoint = (a: ConnectPoint, b: ConnectPoint): boolean => a.device === b.device && a.port === b.port;
const isReverse = (a: Link, b: Link): boolean => samePoint(a.src, b.dst) && samePoint(a.dst, b.src);

interface TopologyEvents {
  /** Links or devices came or went. */
  changed: [];
}

/** The links between devices, and the shortest paths along them. */
export class Topology extends EventEmitter<TopologyEvents> {
  private readonly wires: readonly Link[];
  private readonly alive = new Set<Link>();
  private readonly coming = new Map<Link, NodeJS.Timeout>();

  constructor(
    private readonly devices: ReadonlyMap<string, Device>,
    wires: readonly (readonly [ConnectPoint, ConnectPoint])[],
  ) {
    super();
    this.wires = wires.flatMap(([a, b]) => [
      { src: a, dst: b },
      { src: b, dst: a },
    ]);
    for (const device of devices.values()) {
      device.on('ports', () => this.look());
      device.on('availability', () => {
        this.look();
        this.emit('changed');
      });
    }
  }

  get links(): readonly Link[] {
    return [...this.alive];
  }
  /** Groups of devices that reach one another. */
  get clusters(): number {
    const left = new Set([...this.devices.values()].filter(({ available }) => available).map(({ id }) => id));
    let clusters = 0;
    for (const id of left) {
      clusters++;
      for (const other of left) if (other === id || this.path(id, other) !== undefined) left.delete(other);
    }
    return clusters;
  }
  isAvailable(device: string): boolean {
    return this.devices.get(device)?.available ?? false;
  }

  /** Fewest links; of two alike the one whose links were named first, so that paths to one device make a tree. */
  path(from: string, to: string): readonly Link[] | undefined {
    if (from === to) return this.isAvailable(from) ? [] : undefined;
    const next = new Map<string, Link>();
    const queue = [to];
    for (const here of queue) {
      for (const link of this.wires) {
        const near = link.src.device;
        if (!this.alive.has(link) || link.dst.device !== here || near === to || next.has(near)) continue;
        next.set(near, link);
        queue.push(near);
      }
    }
    const path: Link[] = [];
    for (let at = from; at !== to;) {
      const link = next.get(at);
      if (link === undefined) return undefined;
      path.push(link);
      at = link.dst.device;
    }
    return path;
  }

  /** All ways of the fewest links, without those of `shunned` in either direction. */
  shortest(from: string, to: string, shunned: readonly Link[] = []): Link[][] {
    const wires = this.wires.filter((wire) => this.alive.has(wire) && !shunned.some((link) => link === wire || isReverse(link, wire)));
    let ways: Link[][] = wires.filter(({ src }) => src.device === from).map((link) => [link]);
    const visited = new Set([from]);
    while (ways.length > 0) {
      const there = ways.filter((way) => way.at(-1)?.dst.device === to);
      if (there.length > 0) return there;
      for (const way of ways) visited.add(way.at(-1)!.dst.device);
      ways = ways.flatMap((way) =>
        wires.filter(({ src, dst }) => src.device === way.at(-1)!.dst.device && !visited.has(dst.device)).map((link) => [...way, link]),
      );
    }
    return [];
  }

  close(): void {
    for (const timer of this.coming.values()) clearTimeout(timer);
  }

  private look(): void {
    let lost = false;
    for (const wire of this.wires) {
      const up = [wire.src, wire.dst].every(({ device, port }) => this.devices.get(device)?.isUp(port) ?? false);
      if (!up) {
        clearTimeout(this.coming.get(wire));
        this.coming.delete(wire);
        lost = this.alive.delete(wire) || lost;
      } else if (!this.alive.has(wire) && !this.coming.has(wire))
        this.coming.set(
          wire,
          setTimeout(() => this.found(wire), DISCOVERY_MS),
        );
    }
    if (lost) this.emit('changed');
  }
  private found(wire: Link): void {
    this.coming.delete(wire);
    this.alive.add(wire);
    this.emit('changed');
  }
}
