import { setTimeout as sleep } from 'node:timers/promises';
import { unwrap, type OnosClient } from '@guardpost/intents';
import SqliteDatabase from 'better-sqlite3';
import type { Lab } from '../lab/lab.js';
import { waitFor } from '../system/wait-for.js';
import { clientOf, onSite, type BenchSite } from './bench-lab.js';
import { alone, median, quantile, type Report } from './result.js';

const BOX = 'koren';
const RULE_ROUNDS = 15;
const INTENT_ROUNDS = 8;
const PREFIX = '116.89.190.244/30';

/**
 * Somebody undoes what Guardpost did: until the ledger says so, and until it is mended and confirmed. From when the command
 * or call that undoes it begins. `drift.*`: a rule deleted through ONOS' REST, which ONOS itself never puts back;
 * `drift.switch.*`: deleted in the switch, where ONOS puts it back too; `drift.intent.*`: a withdrawn intent that SDN-IP
 * submits again because an interface comes or goes, found by the reconciler, which looks every 2 s.
 */
export const run = (report: Report): Promise<void> =>
  onSite({ onos: 'real', bgp: true }, async (on) => {
    const onos = clientOf(on.lab);
    const ledger = new LedgerWatch(on.site.files.ledger());
    try {
      const rule = await rulePlacement(on);
      const intent = await intentPlacement(on);
      const byRest = await several(ledger, rule.id, RULE_ROUNDS, () =>
        unwrap(onos.flows.removeAll([{ deviceId: rule.device, flowId: rule.flowId }])),
      );
      const inSwitch = await several(ledger, rule.id, RULE_ROUNDS, () => deleteInSwitch(on.lab, rule.flowId));
      let there = false;
      const back = await several(ledger, intent, 2 * INTENT_ROUNDS, () => flip(on.lab, onos, (there = !there)));
      tell(report, '', byRest);
      tell(report, 'switch.', inSwitch);
      tell(report, 'intent.', back);
    } finally {
      await unwrap(onos.netcfg.removeInterfaces(spare(on.lab)));
      ledger.close();
      onos.close();
    }
  });

interface Drift {
  readonly seenMs: number;
  readonly mendedMs: number;
}

function tell(report: Report, kind: string, all: readonly Drift[]): void {
  const [seen, mended] = [all.map((d) => d.seenMs), all.map((d) => d.mendedMs)];
  report(alone(`drift.${kind}seen_ms`, median(seen), 'ms', all.length));
  report(alone(`drift.${kind}mended_ms`, median(mended), 'ms', all.length));
  console.log(`drift.${kind}: longest ${quantile(seen, 1).toFixed(0)} ms until seen, ${quantile(mended, 1).toFixed(0)} ms until mended`);
}

async function several(ledger: LedgerWatch, placement: string, rounds: number, undo: () => Promise<unknown>): Promise<Drift[]> {
  const found: Drift[] = [];
  for (let i = 0; i < rounds; i++) {
    // Evenly over the pause between two looks of the reconciler.
    await sleep(2_000 + (2_000 * i) / rounds);
    found.push(await ledger.drift(placement, undo));
  }
  return found;
}

interface RulePlacement {
  readonly id: string;
  readonly device: string;
  readonly flowId: string;
}

async function rulePlacement({ api, lab }: BenchSite): Promise<RulePlacement> {
  const { id } = await api.create({
    target: { prefix: '198.51.100.7/32' },
    actions: ['drop-flow'],
    ttlSeconds: 3_600,
    reason: 'bench',
    places: [{ box: BOX }],
  });
  await waitFor('a rule', async () => (await api.mitigation(id)).state === 'active');
  const placement = (await api.mitigation(id)).placements[0];
  if (placement === undefined || placement.flowId === null) throw new Error('the mitigation has no rule');
  return { id: placement.id, device: lab.box(BOX).device, flowId: placement.flowId };
}

async function intentPlacement({ api }: BenchSite): Promise<string> {
  const { id } = await api.create({ target: { prefix: PREFIX }, actions: ['withdraw-intent'], ttlSeconds: 3_600, reason: 'bench' });
  await waitFor('the withdrawal', async () => (await api.mitigation(id)).state === 'active');
  const placement = (await api.mitigation(id)).placements.find((p) => p.role === 'intent');
  if (placement === undefined) throw new Error('the mitigation has no intent');
  return placement.id;
}

const deleteInSwitch = (lab: Lab, flowId: string): Promise<unknown> => {
  const { namespace, bridge, rundir } = lab.box(BOX);
  return lab.exec(namespace, ['ovs-ofctl', '-O', 'OpenFlow13', 'del-flows', bridge, `cookie=${flowId}/-1`], {
    check: true,
    env: { OVS_RUNDIR: rundir },
  });
};

const spare = (lab: Lab): string => `${lab.box('skku').device}/77`;
const flip = (lab: Lab, { netcfg }: OnosClient, there: boolean): Promise<void> =>
  unwrap(there ? netcfg.setInterfaces(spare(lab), [{ name: 'bench' }]) : netcfg.removeInterfaces(spare(lab)));

interface Standing {
  readonly drifts: number;
  readonly placement: string;
  readonly mitigation: string;
}

const PATIENCE_MS = 30_000;

/** Reads the bridge's ledger beside it, every millisecond: it is committed when another process sees it. */
class LedgerWatch {
  private readonly db;
  private readonly query;

  constructor(file: string) {
    this.db = new SqliteDatabase(file, { readonly: true });
    this.query = this.db.prepare<[string], Standing>(
      'select p.drifts, p.state as placement, m.state as mitigation from placement p join mitigation m on m.id = p.mitigation_id where p.id = ?',
    );
  }

  async drift(placement: string, undo: () => Promise<unknown>): Promise<Drift> {
    const before = this.read(placement).drifts;
    const start = performance.now();
    const undone = undo();
    const seenMs = await this.until(placement, (now) => now.drifts > before, start);
    const mendedMs = await this.until(placement, (now) => now.placement === 'confirmed' && now.mitigation === 'active', start);
    await undone;
    return { seenMs, mendedMs };
  }

  private async until(placement: string, met: (now: Standing) => boolean, start: number): Promise<number> {
    for (;;) {
      const now = this.read(placement);
      const ms = performance.now() - start;
      if (met(now)) return ms;
      if (ms > PATIENCE_MS) throw new Error(`the ledger stays as it is: ${JSON.stringify(now)}`);
      await sleep(1);
    }
  }

  private read(placement: string): Standing {
    const row = this.query.get(placement);
    if (row === undefined) throw new Error(`the ledger has no placement ${placement}`);
    return row;
  }

  close(): void {
    this.db.close();
  }
}
