import { bgpSpeakersOf, isKnownIntent, unwrap, type Intent, type OnosClient } from '@guardpost/intents';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Inventory } from '../inventory/inventory.service.js';
import { SDNIP, standing } from './intent-record.js';

/** Name of the interface that exists for a moment: one that is found later was left behind by a bridge that died. */
const NAME = 'guardpost-resubmission';
const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 20;
/** Above what anybody numbers ports with, below OpenFlow's reserved ones. */
const HIGHEST_PORT = 65_000;

/**
 * Makes SDN-IP submit all of its route intents again, as it alone can: with their own matches and constraints. It does so when
 * an interface comes or goes, so one is added on a port that nobody uses, and taken away. Returns the route intents after
 * that. Every withdrawn route is back then: guards must stand.
 */
export async function resubmitRoutes(onos: OnosClient, inventory: Inventory, wanted: readonly string[]): Promise<Map<string, Intent>> {
  const port = await unusedPort(onos, inventory);
  const usesPort = (intent: Intent): boolean =>
    isKnownIntent(intent) && 'ingressPoint' in intent && [intent.ingressPoint].flat().some((p) => `${p.device}/${p.port}` === port);
  let routes = await routeIntents(onos);
  const settle = async (with_: boolean): Promise<void> => {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      routes = await routeIntents(onos);
      const settled = wanted.every((key) => {
        const intent = routes.get(key);
        return intent !== undefined && standing(intent.state) === 'there' && usesPort(intent) === with_;
      });
      if (settled || Date.now() > until) return;
      await sleep(LOOK_EVERY_MS);
    }
  };
  await unwrap(onos.netcfg.setInterfaces(port, [{ name: NAME }]));
  try {
    await settle(true);
  } finally {
    await unwrap(onos.netcfg.removeInterfaces(port));
  }
  await settle(false);
  return routes;
}

/** Takes away what a bridge that died in the middle left in ONOS' configuration. */
export async function removeLeftInterfaces(onos: OnosClient): Promise<number> {
  const { ports } = await unwrap(onos.netcfg.get());
  const left = Object.entries(ports).filter(([, { interfaces }]) => interfaces?.some((i) => i.name === NAME));
  for (const [port] of left) await unwrap(onos.netcfg.removeInterfaces(port));
  return left.length;
}

async function routeIntents(onos: OnosClient): Promise<Map<string, Intent>> {
  return new Map((await unwrap(onos.intents.ofApp(SDNIP))).map((i) => [i.key, i]));
}

async function unusedPort(onos: OnosClient, inventory: Inventory): Promise<string> {
  const configuration = await unwrap(onos.netcfg.get());
  const taken = new Set([
    ...Object.keys(configuration.ports),
    ...bgpSpeakersOf(configuration).map((s) => s.connectPoint),
    ...inventory.ports.find().map((p) => p.id),
  ]);
  const device = inventory.devices.find({ filter: (d) => d.available })[0] ?? inventory.devices.find()[0];
  if (device === undefined) throw new Error('ONOS has no device on which an interface could be added');
  for (let n = HIGHEST_PORT; ; n--) if (!taken.has(`${device.id}/${n}`)) return `${device.id}/${n}`;
}
