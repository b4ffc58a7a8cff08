import type { DevicePort, PortResult, PortStateRequest } from '@guardpost/contracts';
import { bgpSpeakersOf, OnosFailure, unwrap, type OnosClient } from '@guardpost/intents';
import { BadGatewayException, Injectable, NotFoundException, UnprocessableEntityException } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Inventory } from '../inventory/inventory.service.js';
import { portRow } from '../inventory/rows.js';
import type { Audit } from './audit.service.js';

const FOLLOWED_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 50;

/** Ports by hand. A port that BGP stands on is never turned off; one that carries a link only for somebody who names it twice. */
@Injectable()
export class PortsAdmin {
  constructor(
    private readonly onos: OnosClient,
    private readonly inventory: Inventory,
    private readonly audit: Audit,
  ) {}

  async setState(device: string, port: string, request: PortStateRequest): Promise<PortResult> {
    const subject = `${device}/${port}`;
    try {
      const known = await this.read(device, port);
      if (known === undefined) throw new NotFoundException(`ONOS knows no port ${subject}`);
      if (!request.enabled) await this.mayGoDown(known, request);
      const audit = await this.audit.doing({ requestId: request.requestId, what: 'port.state', subject, request }, async () => {
        await unwrap(this.onos.devices.setPortState(device, port, request.enabled));
        return (await this.follows(device, port, request.enabled))
          ? 'done'
          : `taken by ONOS; the switch has not followed within ${FOLLOWED_WITHIN_MS / 1000} s`;
      });
      return { audit, port: (await this.read(device, port)) ?? known };
    } catch (error) {
      if (error instanceof OnosFailure) throw new BadGatewayException(error.message);
      throw error;
    } finally {
      void this.inventory.readAll();
    }
  }

  private async mayGoDown(port: DevicePort, { confirm }: PortStateRequest): Promise<void> {
    const configuration = await unwrap(this.onos.netcfg.get());
    const speaker = bgpSpeakersOf(configuration).some((s) => s.connectPoint === port.id);
    const peers = configuration.ports[port.id]?.interfaces?.some((i) => (i.ips ?? []).length > 0) ?? false;
    if (speaker || peers)
      throw new UnprocessableEntityException(
        `${port.id} carries BGP (${speaker ? 'a speaker' : 'a routed interface'}): it is never turned off`,
      );
    if (port.egress.length > 0 && confirm !== port.id)
      throw new UnprocessableEntityException(
        `${port.id} carries the link to ${port.egress.join(', ')}: send confirm: "${port.id}" if you mean it`,
      );
  }

  private async follows(device: string, port: string, enabled: boolean): Promise<boolean> {
    const until = Date.now() + FOLLOWED_WITHIN_MS;
    for (;;) {
      if ((await this.read(device, port))?.enabled === enabled) return true;
      if (Date.now() > until) return false;
      await sleep(LOOK_EVERY_MS);
    }
  }

  private async read(device: string, port: string): Promise<DevicePort | undefined> {
    const box = this.inventory.devices.get(device)?.box ?? null;
    try {
      const [ports, links] = await Promise.all([unwrap(this.onos.devices.ports(device)), unwrap(this.onos.links.list())]);
      const found = ports.find((p) => p.port === port);
      return found === undefined ? undefined : { ...portRow(found, links, () => box), version: this.inventory.version };
    } catch (error) {
      if (error instanceof OnosFailure && error.error.kind === 'not-found') return undefined;
      throw error;
    }
  }
}
