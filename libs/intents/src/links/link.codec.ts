import * as t from 'io-ts';
import { Annotations } from '../devices/device.codec.js';

/** A port of a device (ConnectPointCodec). `port` is text: a number, or a name as `LOCAL`. */
export const ConnectPoint = t.type({ device: t.string, port: t.string }, 'ConnectPoint');
export type ConnectPoint = t.TypeOf<typeof ConnectPoint>;

/** One direction of a link (LinkCodec): a cable is two of them. */
export const Link = t.intersection(
  [t.type({ src: ConnectPoint, dst: ConnectPoint, type: t.string }), t.partial({ state: t.string, annotations: Annotations })],
  'Link',
);
export type Link = t.TypeOf<typeof Link>;
