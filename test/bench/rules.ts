import { setTimeout as sleep } from 'node:timers/promises';
import { criteria, dropRule, ETHER_TYPE, unwrap, type FlowRule } from '@guardpost/intents';
import type { Lab } from '../lab/lab.js';
import { waitFor } from '../system/wait-for.js';
import { clientOf, onLab } from './bench-lab.js';
import { alone, beside, median, type Report } from './result.js';

const RULES = 500;
const ROUNDS = 9;
const APP = 'org.guardpost.bench';

/** Rules a second into the real ONOS: in one request of 500, and in 500 requests, each after the answer to the one before. */
export const run = (report: Report): Promise<void> =>
  onLab({ onos: 'real' }, async (lab) => {
    const onos = clientOf(lab);
    const { flows } = onos;
    const all = rules(lab);
    const none = async (): Promise<void> => {
      await unwrap(flows.removeByApp(APP)).catch(() => undefined); // unknown until its first rule
      await waitFor('no rule of the bench', async () => (await unwrap(flows.ofApp(APP)).catch(() => [])).length === 0, { everyMs: 200 });
      await sleep(500); // what ONOS and the switches still do about it
    };
    const [bulk, single, inSwitches]: [number[], number[], number[]] = [[], [], []];
    try {
      // The first round is ONOS' warm-up.
      for (let round = 0; round <= ROUNDS; round++) {
        let start = performance.now();
        const ids = await unwrap(flows.addAll(APP, all));
        const answered = performance.now() - start;
        await waitFor('all rules in the switches', async () => (await counted(lab, ids[0]?.flowId ?? '')) === RULES, { everyMs: 5 });
        const standing = performance.now() - start;
        await none();
        start = performance.now();
        for (const rule of all) await unwrap(flows.add(APP, rule));
        const oneByOne = performance.now() - start;
        await none();
        if (round === 0) continue;
        bulk.push((RULES / answered) * 1_000);
        single.push((RULES / oneByOne) * 1_000);
        inSwitches.push(standing);
      }
    } finally {
      await unwrap(flows.removeByApp(APP)).catch(() => undefined);
      onos.close();
    }
    report(beside('flows.bulk_per_s', median(bulk), 'rules/s', ROUNDS, 'one by one', median(single)));
    report(alone('flows.single_per_s', median(single), 'rules/s', ROUNDS));
    report(alone('flows.bulk_500_in_switch_ms', median(inSwitches), 'ms', ROUNDS));
    console.log(`flows.*_per_s: until ONOS has answered, ${RULES} rules on four switches; in_switch: until all of the bulk stand there`);
  });

const rules = (lab: Lab): FlowRule[] =>
  Array.from({ length: RULES }, (_, i) =>
    dropRule(lab.boxes[i % lab.boxes.length]?.device ?? '', 800, [
      criteria.ethType(ETHER_TYPE.ipv4),
      criteria.ipv4Src(`198.19.${i >> 8}.${i & 255}/32`),
    ]),
  );

/** The upper 16 bits of a cookie are ONOS' number of the application. */
async function counted(lab: Lab, flowId: string): Promise<number> {
  const app = (BigInt(flowId) >> 48n) << 48n;
  const asked = lab.boxes.map(async ({ namespace, bridge, rundir }) => {
    const match = `cookie=${app}/0xffff000000000000`;
    const { stdout } = await lab.exec(namespace, ['ovs-ofctl', '-O', 'OpenFlow13', 'dump-aggregate', bridge, match], {
      check: true,
      env: { OVS_RUNDIR: rundir },
    });
    return Number(/flow_count=(\d+)/.exec(stdout)?.[1] ?? NaN);
  });
  return (await Promise.all(asked)).reduce((sum, n) => sum + n, 0);
}
