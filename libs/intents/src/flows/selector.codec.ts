import * as t from 'io-ts';
import { Criterion } from './criterion.codec.js';

/** What a rule or an intent matches: all of the criteria; none of them = every packet (TrafficSelectorCodec). */
export const Selector = t.type({ criteria: t.array(Criterion) }, 'Selector');
export type Selector = t.TypeOf<typeof Selector>;
