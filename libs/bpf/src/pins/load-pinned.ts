import { randomBytes } from 'node:crypto';
import { BpfObject, type LoadOptions } from '../libbpf/bpf-object.js';
import { closeFd } from '../libbpf/links.js';
import { mapInfo, possibleCpus, type MapInfo } from '../libbpf/maps.js';
import { mapMemory } from '../libbpf/memory.js';
import { objectPath } from '../objects.js';
import { PinDirectory, removePins } from './pin-directory.js';

/** Sets of the flow table for one CPU: SETS of c/flow.h. */
const SETS_PER_CPU = 1 << 12;

export interface PinnedOptions {
  /**
   * Slots of the drop list, one of them unused: 24 bytes each, and 24 more for each CPU. With another number than before, drops begin anew.
   * @defaultValue as c/drop.bpf.c says: 16384
   */
  readonly maxDrops?: number | undefined;
}

export interface PinnedObjects {
  readonly tap: BpfObject;
  readonly drop: BpfObject;
  readonly pins: PinDirectory;
  /** An earlier process left them. */
  readonly adopted: boolean;
}

const pinName = (object: string, map: string): string => `map_${object}_${map.replace(/^.*\./, '')}`;

/**
 * Loads both programs over the maps pinned in `pinDir`, so that counters, lists and flows go on; or over new ones, pinned now. Pins that
 * are incomplete (a crash at the first start) or of another shape (another release) are removed first.
 * Throws BpfError, with the verifier's log where it refuses a program.
 */
export function loadPinned(pinDir: string, { maxDrops }: PinnedOptions = {}): PinnedObjects {
  const cpus = possibleCpus();
  const maxEntries = { flows4: SETS_PER_CPU * cpus, flows6: SETS_PER_CPU * cpus };
  const dropEntries: Record<string, number> = maxDrops === undefined ? {} : { drops: maxDrops, drop_counts: maxDrops };
  const tap = new BpfObject(objectPath('tap'));
  const drop = new BpfObject(objectPath('drop'));
  let pins = new PinDirectory(pinDir);
  const reuse = { tap: pinnedMaps(pins, 'tap', tap, maxEntries), drop: pinnedMaps(pins, 'drop', drop, dropEntries) };
  const adopted = reuse.tap !== undefined && reuse.drop !== undefined;
  if (!adopted && pins.names().length > 0) {
    removePins(pinDir);
    pins = new PinDirectory(pinDir);
  }
  try {
    const seed = adopted ? pinnedSeed(pins, tap) : randomBytes(8).readBigUInt64LE();
    tap.load({ maxEntries, constants: { seed }, ...takeOver(adopted ? reuse.tap : undefined) });
    drop.load({ maxEntries: dropEntries, ...takeOver(adopted ? reuse.drop : undefined) });
    if (!adopted) {
      for (const name of tap.mapShapes().keys()) pins.pin(tap.map(name), pinName('tap', name));
      for (const name of drop.mapShapes().keys()) pins.pin(drop.map(name), pinName('drop', name));
    }
  } catch (error) {
    tap.close();
    drop.close();
    throw error;
  } finally {
    for (const fd of [...(reuse.tap?.values() ?? []), ...(reuse.drop?.values() ?? [])]) closeFd(fd);
  }
  return { tap, drop, pins, adopted };
}

// Not .rodata: it is frozen, and the new program brings its own with the same seed.
const takeOver = (maps: Map<string, number> | undefined): LoadOptions =>
  maps === undefined ? {} : { reuse: new Map([...maps].filter(([name]) => !name.endsWith('.rodata'))) };

/** fds of all maps of an object, or undefined where one is missing or has another shape. */
function pinnedMaps(
  pins: PinDirectory,
  prefix: string,
  object: BpfObject,
  maxEntries: Readonly<Record<string, number>>,
): Map<string, number> | undefined {
  const found = new Map<string, number>();
  for (const [name, declared] of object.mapShapes()) {
    const fd = pins.open(pinName(prefix, name));
    if (fd !== undefined) found.set(name, fd);
    if (fd === undefined || !sameShape(mapInfo(fd), { ...declared, maxEntries: maxEntries[name] ?? declared.maxEntries })) {
      for (const open of found.values()) closeFd(open);
      return undefined;
    }
  }
  return found;
}

const sameShape = (a: MapInfo, b: MapInfo): boolean =>
  a.type === b.type && a.keySize === b.keySize && a.valueSize === b.valueSize && a.maxEntries === b.maxEntries;

/** Same table, same hash: with another seed every flow would move. */
function pinnedSeed(pins: PinDirectory, tap: BpfObject): bigint {
  const fd = pins.open(pinName('tap', '.rodata'));
  if (fd === undefined) throw new Error('the constants of the tap are not pinned');
  const memory = mapMemory(fd, mapInfo(fd).valueSize);
  const offset = tap.btf.global('seed')?.offset ?? 0;
  const seed = new DataView(memory.buffer).getBigUint64(offset, true);
  memory.free();
  closeFd(fd);
  return seed;
}
