import { generateKeyPairSync } from 'node:crypto';
import { Detection } from '@guardpost/contracts';
import { keyId, newBoot, Opener, Sealer } from '@guardpost/platform';
import { Judge } from './detections/judge.service.js';
import { Ledger } from './ledger/ledger.service.js';
import { ruleKey } from './mitigations/flow-rule.js';
import { PolicyInForce } from './policy/policy-in-force.js';

/** Enough for the compiler to have made up its mind; takes some 0.2 s. */
const ROUNDS = 200;
const BOX = 'warm-up';

/**
 * Takes detections through opening, ledger and decision before the first real one comes: code that never ran takes several
 * times as long, and the first attack is the one that counts. All of it in memory, nothing leaves the process.
 */
export async function warmUp(): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const sealer = new Sealer(BOX, privateKey, newBoot());
  const opener = new Opener(new Map([[keyId(publicKey), { name: BOX, key: publicKey }]]));
  const ledger = await Ledger.open(':memory:');
  const actions = ['drop-flow', 'tap-drop'] as const;
  const policy = new PolicyInForce({
    rules: [{ name: BOX, match: {}, actions: [...actions] }],
    neverBlock: ['192.0.2.0/24'],
    widest: { v4: 24, v6: 48 },
    maxLive: ROUNDS,
  });
  const judge = new Judge(ledger, policy, { of: () => [] });
  await ledger.write((db) =>
    db
      .insertInto('indicator')
      .values({
        id: BOX,
        rule: 1,
        feed: BOX,
        prefix: '198.18.0.0/15',
        proto: null,
        port: null,
        confidence: 100,
        valid_from: 0,
        valid_until: null,
        note: null,
        added_at: 0,
        removed_at: null,
      })
      .execute(),
  );
  for (let i = 0; i < ROUNDS; i++) {
    const opened = opener.open(JSON.stringify(sealer.seal(detection(i))), Detection);
    if ('refused' in opened) throw new Error(`the warm-up refuses itself: ${opened.refused}`);
    const judged = await judge.judge(opened.body, { box: BOX, boot: sealer.boot, seq: opened.envelope.seq, hash: `${i}` }, i);
    if ('placements' in judged) for (const { row, rule } of judged.placements) if (row.device !== null) ruleKey(rule);
  }
  await ledger.close();
}

const detection = (i: number): Detection => ({
  v: 1,
  id: `${BOX}:${i}`,
  revision: 0,
  box: BOX,
  detector: 'indicator',
  indicator: { id: BOX, prefix: '198.18.0.0/15', proto: null, port: null },
  flow: { remote: `198.18.0.${i}`, local: '198.19.0.1', proto: 6, remotePort: 80, localPort: 40_000 },
  matched: 'destination',
  seen: [{ interface: 'none', direction: 'ingress', device: 'of:0000000000000000', port: '1', vni: null }],
  packets: 1,
  bytes: 1,
  firstAt: i,
  lastAt: i,
  queuedAt: i,
});
