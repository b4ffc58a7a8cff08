import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from './lab.js';

/** The lab with the embedded ONOS forwards as it does with a real one, and survives the same accidents. */
describe('a lab with the embedded ONOS', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.up({ name: 'gpemb', onos: 'embedded' });
  });
  afterAll(async () => {
    await lab?.down();
  });

  /** Pings that were not answered: everyone to everyone and to the gateway, v4 and v6. */
  async function lost(): Promise<string[]> {
    const tenants = [...lab.hosts, lab.gateway];
    const failed = await Promise.all(
      tenants.map(async (from) => {
        const silent: string[] = [];
        for (const address of tenants.filter((to) => to !== from).flatMap(({ v4, v6 }) => [v4, v6])) {
          const { code } = await lab.exec(from.namespace, ['ping', '-qc1', '-W2', address]);
          if (code !== 0) silent.push(`${from.name} -> ${address}`);
        }
        return silent;
      }),
    );
    return failed.flat();
  }

  it('says which ONOS it has', () => {
    expect(lab.description.onosMode).toBe('embedded');
    expect(lab.onosUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('lets all hosts reach each other and the gateway, v4 and v6', async () => {
    expect(await lost()).toEqual([]);
    const { malicious, benign } = lab.gateway;
    for (const address of [...malicious, benign.v4, benign.v6]) {
      expect((await lab.exec('koren-h1', ['ping', '-qc1', '-W2', address])).code).toBe(0);
    }
  });

  it('has the same rules again after a killed ONOS, and after a killed switch', async () => {
    const table = async (): Promise<string[]> =>
      (await lab.flows('koren')).map(({ cookie, match, actions }) => `${cookie} ${match} ${actions}`).sort();
    const before = await table();
    await lab.stopOnos('KILL');
    expect(await table()).toEqual(before);
    await lab.startOnos();
    await expect.poll(table, { timeout: 12_000 }).toEqual(before);

    await lab.restartSwitch('koren', 'KILL');
    await expect.poll(table, { timeout: 12_000 }).toEqual(before);
    expect(await lost()).toEqual([]);
  });
});
