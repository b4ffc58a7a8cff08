import { OnosFailure, unwrap, type FlowEntry, type OnosClient } from '@guardpost/intents';
import { APP_ID } from '../mitigations/flow-rule.js';

/** The rules that ONOS holds under our application and is not about to remove. */
export async function rulesOfApp(onos: OnosClient): Promise<FlowEntry[]> {
  try {
    const flows = await unwrap(onos.flows.ofApp(APP_ID));
    return flows.filter((f) => f.state !== 'PENDING_REMOVE' && f.state !== 'REMOVED');
  } catch (error) {
    if (error instanceof OnosFailure && error.error.kind === 'not-found') return []; // no rule of ours since ONOS started
    throw error;
  }
}
