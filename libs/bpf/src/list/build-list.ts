import { indexIpv4, NODES } from './ipv4-index.js';
import { LinkTable } from './link-table.js';
import type { ListEntry } from './list-entry.js';
import { sweep } from './ranges.js';
import { groupsOf4, groupsOf6 } from './sort.js';

const UNIT_WORDS = 4;
const UNIT_BYTES = 16;
const NODES_AT = 2;
const LOW_64 = 0xffff_ffff_ffff_ffffn;
const END_OF_IPV6 = 1n << 128n;

/** A list as c/list.h reads it: 16-byte units, the first word of which is the generation. */
export interface BuiltList {
  readonly words: Uint32Array;
  readonly units: number;
  /** A bit for each IPv4 /16 that any entry meets. */
  readonly coarse: Uint32Array;
}

/** `count` items, `perUnit` of them to a unit. */
const unitsFor = (count: number, perUnit: number): number => Math.ceil(count / perUnit);

/**
 * Builds the array that the kernel looks addresses up in. Where several entries match an address, the longest prefix wins, and of one
 * prefix a qualified entry before an unqualified one. 4 MiB for an empty list, 39 MiB for a million prefixes.
 * Throws RangeError for a protocol, port or value out of range, or beyond 2^24 entries.
 */
export function buildList(entries: readonly ListEntry[], generation: number): BuiltList {
  const wrong = entries.find(({ value }) => !Number.isInteger(value) || value <= 0 || value > 0xff_ffff);
  if (wrong !== undefined) throw new RangeError(`number ${wrong.value} of a list entry is not 1..2^24-1`);
  const links = new LinkTable(entries.length);
  const v4 = indexIpv4(sweep(groupsOf4(entries.filter((e) => e.prefix.family === 4)), links, 0));
  const v6 = sweep(groupsOf6(entries.filter((e) => e.prefix.family === 6)), links, 0n);
  const count6 = v6.heads.length === 1 ? 0 : v6.starts.findLastIndex((start) => start < END_OF_IPV6) + 1;

  const cellsAt = NODES_AT + NODES;
  const segmentsAt = cellsAt + unitsFor(v4.cells.length, UNIT_WORDS);
  const linksAt = segmentsAt + unitsFor(v4.segments.length, UNIT_WORDS);
  const startsAt = linksAt + links.count;
  const headsAt = startsAt + count6;
  const units = headsAt + unitsFor(count6, UNIT_WORDS) + 1;

  const words = new Uint32Array(UNIT_WORDS * units);
  words.set([generation, cellsAt, segmentsAt, linksAt, startsAt, headsAt, count6, 0]);
  words.set(v4.nodes, UNIT_WORDS * NODES_AT);
  words.set(v4.cells, UNIT_WORDS * cellsAt);
  words.set(v4.segments, UNIT_WORDS * segmentsAt);
  words.set(links.words, UNIT_WORDS * linksAt);
  words.set(v6.heads.slice(0, count6), UNIT_WORDS * headsAt);
  const halves = new BigUint64Array(words.buffer, UNIT_BYTES * startsAt, 2 * count6);
  v6.starts.slice(0, count6).forEach((start, i) => halves.set([start >> 64n, start & LOW_64], 2 * i));
  return { words, units, coarse: v4.coarse };
}
