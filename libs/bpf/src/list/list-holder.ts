import { closeFd } from '../libbpf/links.js';
import { createMap, MAP_INNER, MAP_MMAPABLE, MAP_TYPE_ARRAY, updateElementAsync } from '../libbpf/maps.js';
import { mapMemory } from '../libbpf/memory.js';
import type { BuiltList } from './build-list.js';

/**
 * Puts a list in force: a new map, one copy, one update of the array of maps that holds it. Packets meet the old list or the new one,
 * whole. Resolves when no packet is looking at the old one any more. Throws BpfError (ENOMEM).
 */
export async function swapList(holder: number, list: BuiltList): Promise<void> {
  const map = createMap(
    { type: MAP_TYPE_ARRAY, keySize: 4, valueSize: 16, maxEntries: list.units },
    'guardpost_list',
    MAP_MMAPABLE | MAP_INNER,
  );
  try {
    const memory = mapMemory(map, list.words.byteLength, { write: true });
    new Uint32Array(memory.buffer, 0, list.words.length).set(list.words);
    memory.free();
    const value = Buffer.alloc(4);
    value.writeInt32LE(map);
    await updateElementAsync(holder, 0, value);
  } finally {
    closeFd(map);
  }
}
