import { createOnosClient, type OnosClient } from '@guardpost/intents';
import { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { bgpMissing, boxesMissing, labMissing } from '../system/available.js';
import { forgetTaps } from '../system/forget-taps.js';
import { Site } from '../system/site.js';
import { NotHere } from './result.js';

const NAME = 'gpbench';

/** `real` with `bgp`: SDN-IP with routers around it. */
export type Onos = { readonly onos: 'embedded' } | { readonly onos: 'real'; readonly bgp?: boolean };
export interface BenchSite {
  readonly lab: Lab;
  readonly site: Site;
  readonly api: Api;
}

/** A lab of its own for the time of `work`. @throws NotHere where this machine has not what it takes */
export async function onLab(wanted: Onos, work: (lab: Lab) => Promise<void>): Promise<void> {
  const missing = wanted.onos === 'embedded' ? boxesMissing() : wanted.bgp === true ? bgpMissing() : labMissing();
  if (missing !== undefined) throw new NotHere(missing);
  forgetTaps(NAME);
  const lab = await Lab.up({ name: NAME, onos: wanted.onos });
  try {
    if (wanted.onos === 'real' && wanted.bgp === true) {
      const noBgp = await lab.bgpMissing();
      if (noBgp !== undefined) throw new NotHere(noBgp);
      await lab.startBgp();
    }
    await work(lab);
  } finally {
    // While a part is being written: `GUARDPOST_LAB=gpbench test/lab/lab.sh down` ends it.
    if (process.env['GUARDPOST_KEEP_LAB'] === undefined) {
      await lab.down();
      forgetTaps(NAME);
    }
  }
}

/** Guardpost on such a lab: a tracer on every box and a bridge. */
export const onSite = (wanted: Onos, work: (on: BenchSite) => Promise<void>): Promise<void> =>
  onLab(wanted, async (lab) => {
    const site = new Site(lab);
    try {
      await work({ lab, site, api: await site.start() });
    } finally {
      await site.stop();
    }
  });

/** ONOS as somebody beside Guardpost asks it. Whoever makes it closes it. */
export const clientOf = (lab: Lab): OnosClient =>
  createOnosClient({ urls: [lab.onosUrl], user: lab.description.onosUser, password: lab.description.onosPassword });
