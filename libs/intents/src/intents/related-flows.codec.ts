import * as t from 'io-ts';
import { FlowEntry } from '../flows/flow-rule.codec.js';

/** The rules that an intent made, one list for each of its installables. The same rule may belong to other intents too, and ONOS does not count that. */
export const RelatedFlows = t.type(
  {
    appId: t.string,
    /** The intent's key. */
    id: t.string,
    type: t.string,
    paths: t.array(t.array(FlowEntry)),
  },
  'RelatedFlows',
);
export type RelatedFlows = t.TypeOf<typeof RelatedFlows>;
