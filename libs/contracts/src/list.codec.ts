import * as t from 'io-ts';
import { annotate, matching } from './schema/annotation.js';
import { Count, Port, Prefix, Protocol, TimeUs } from './schema/primitives.js';

/** `watch`, the same for all boxes, or `drop.BOX`. */
export const ListName = matching('ListName', /^(watch|drop\.[a-z][a-z0-9-]{0,31})$/);

/** Of the watch list: an indicator. `rule` is the number by which the kernel names it. */
export const WatchItem = annotate(
  t.type({
    id: t.string,
    rule: Count,
    prefix: Prefix,
    proto: t.union([Protocol, t.null]),
    port: t.union([Port, t.null]),
    validFrom: TimeUs,
    validUntil: t.union([TimeUs, t.null]),
  }),
  { id: 'WatchItem' },
);
export type WatchItem = t.TypeOf<typeof WatchItem>;

/** Of a box's drop list: a placement in force until `expiresAt`, and not a moment longer. */
export const DropItem = annotate(
  t.type({
    id: t.string,
    prefix: Prefix,
    proto: t.union([Protocol, t.null]),
    port: t.union([Port, t.null]),
    expiresAt: TimeUs,
  }),
  { id: 'DropItem' },
);
export type DropItem = t.TypeOf<typeof DropItem>;

const head = {
  list: ListName,
  /** Version of the list after this message. Versions only grow, not always by one. */
  version: Count,
};

/** The whole list, at the key `{guardpost}:list:NAME`. */
export const ListSnapshot = annotate(t.type({ kind: t.literal('snapshot'), ...head, watch: t.array(WatchItem), drop: t.array(DropItem) }), {
  id: 'ListSnapshot',
});
export type ListSnapshot = t.TypeOf<typeof ListSnapshot>;

/**
 * One step of the list, on the stream `{guardpost}:list:NAME:changes`. It applies to version `base` alone: whoever holds
 * another one reads the snapshot. With `base` = `version` it changes nothing and only says which version is in force.
 */
export const ListChange = annotate(
  t.type({
    kind: t.literal('change'),
    ...head,
    base: Count,
    watch: t.array(WatchItem),
    drop: t.array(DropItem),
    remove: t.array(t.string),
  }),
  { id: 'ListChange' },
);
export type ListChange = t.TypeOf<typeof ListChange>;

/** From a bridge to one box, on the stream `{guardpost}:to:BOX`: these detections are in the ledger. */
export const Acknowledgement = annotate(t.type({ kind: t.literal('ack'), box: t.string, boot: t.string, seqs: t.array(Count) }), {
  id: 'Acknowledgement',
});
export type Acknowledgement = t.TypeOf<typeof Acknowledgement>;
