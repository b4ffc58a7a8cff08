import * as t from 'io-ts';
import { Heartbeat } from './report.codec.js';
import { annotate } from './schema/annotation.js';
import { Count, TimeUs } from './schema/primitives.js';

/** A box as the bridge knows it. `lost` counts detections whose number never arrived. */
export const Box = annotate(
  t.type({
    id: t.string,
    site: t.string,
    devices: t.array(t.string),
    lastHeardAt: t.union([TimeUs, t.null]),
    detections: Count,
    lost: Count,
    heartbeat: t.union([Heartbeat, t.null]),
  }),
  { id: 'Box' },
);
export type Box = t.TypeOf<typeof Box>;
export const BoxList = annotate(t.type({ items: t.array(Box) }), { id: 'BoxList' });
