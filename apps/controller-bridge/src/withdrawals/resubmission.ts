import { bgpSpeakersOf, isKnownIntent, unwrap, type Intent, type OnosClient } from '@guardpost/intents';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Inventory } from '../inventory/inventory.service.js';
import { SDNIP, standing } from './intent-record.js';

/** Name of the interface that exists for a moment: one that is found later was left behind by a bridge that died. */
const NAME = 'guardpost-resubmission';
const PATIENCE_MS = 5_000;
/** SDN-IP begins some 40 ms after the interface is there. */
const NOTICED_WITHIN_MS = 1_500;
const ATTEMPTS = 3;
const LOOK_EVERY_MS = 20;
/** Above what anybody numbers ports with, below OpenFlow's reserved ones. */
const HIGHEST_PORT = 65_000;
const PORTS = 1_000;
/** Another port each time, so that one that just went is not taken for one that stayed. */
let turn = 0;

/**
 * Makes SDN-IP submit all of its route intents again, as it alone can: with their own matches and constraints. It does so when
 * an interface comes or goes, so one is added on a port that nobody uses, and taken away. Returns the route intents after
 * that. Every withdrawn route is back then: guards must stand.
 */
export async function resubmitRoutes(onos: OnosClient, inventory: Inventory, wanted: readonly string[]): Promise<Map<string, Intent>> {
  for (let attempt = 1; ; attempt++) {
    const port = await unusedPort(onos, inventory);
    const seen = await comeAndGo(onos, port, wanted);
    // ONOS makes one of changes that come close together: an interface that goes at once was never there for SDN-IP.
    if (seen.noticed || attempt === ATTEMPTS) return seen.routes;
  }
}

async function comeAndGo(
  onos: OnosClient,
  port: string,
  wanted: readonly string[],
): Promise<{ routes: Map<string, Intent>; noticed: boolean }> {
  const usesPort = (intent: Intent): boolean =>
    isKnownIntent(intent) && 'ingressPoint' in intent && [intent.ingressPoint].flat().some((p) => `${p.device}/${p.port}` === port);
  let routes = await routeIntents(onos);
  let noticed = false;
  const settle = async (withPort: boolean): Promise<void> => {
    const began = Date.now();
    for (;;) {
      routes = await routeIntents(onos);
      noticed ||= [...routes.values()].some(usesPort);
      const settled = wanted.every((key) => {
        const intent = routes.get(key);
        return intent !== undefined && standing(intent.state) === 'there' && usesPort(intent) === withPort;
      });
      if (settled || Date.now() - began > (noticed ? PATIENCE_MS : NOTICED_WITHIN_MS)) return;
      await sleep(LOOK_EVERY_MS);
    }
  };
  await unwrap(onos.netcfg.setInterfaces(port, [{ name: NAME }]));
  try {
    await settle(true);
  } finally {
    await unwrap(onos.netcfg.removeInterfaces(port));
  }
  if (noticed) await settle(false);
  return { routes, noticed };
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
  for (;;) {
    const port = `${device.id}/${HIGHEST_PORT - (turn++ % PORTS)}`;
    if (!taken.has(port)) return port;
  }
}
