import {
  DeviceList,
  DevicePortList,
  InventoryChanges,
  NetworkFlowList,
  NetworkHostList,
  NetworkIntentDetail,
  NetworkIntentList,
  NetworkLinkList,
  requestSchema,
} from '@guardpost/contracts';
import { OnosFailure } from '@guardpost/intents';
import { BearerGuard } from '@guardpost/platform';
import { Returns } from '@guardpost/platform/openapi';
import { BadGatewayException, Controller, Get, NotFoundException, Param, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { TypeOf } from 'io-ts';
import { ChangesQuery, DEFAULT_PAGE, FlowQuery, IntentQuery, SearchQuery } from '../queries.codec.js';
import type { Collection, Row } from './collection.js';
import { Inventory } from './inventory.service.js';
import { criterionText } from './rows.js';

/** The network as ONOS knows it, read every ten seconds; `version` tells what is new. */
@ApiTags('inventory')
@ApiBearerAuth()
@UseGuards(BearerGuard)
@Controller('api/v1')
export class InventoryController {
  constructor(private readonly inventory: Inventory) {}

  private page<T extends Row>(of: Collection<T>, { q, limit }: SearchQuery, filter: (row: T) => boolean = () => true) {
    const found = of.find({ ...(q === undefined ? {} : { words: q }), filter });
    return { version: this.inventory.version, total: found.length, items: found.slice(0, limit ?? DEFAULT_PAGE) };
  }

  @Get('devices')
  @ApiOperation({ summary: 'Switches' })
  @Returns(DeviceList)
  devices(@Query({ schema: requestSchema(SearchQuery) }) query: SearchQuery): TypeOf<typeof DeviceList> {
    return this.page(this.inventory.devices, query);
  }

  @Get('devices/:id/ports')
  @ApiOperation({ summary: 'Ports of a switch, with the interface behind each and where its links lead' })
  @Returns(DevicePortList)
  ports(@Param('id') id: string, @Query({ schema: requestSchema(SearchQuery) }) query: SearchQuery): TypeOf<typeof DevicePortList> {
    if (this.inventory.devices.get(id) === undefined) throw new NotFoundException(`ONOS knows no device ${id}`);
    return this.page(this.inventory.ports, query, (port) => port.device === id);
  }

  @Get('links')
  @ApiOperation({ summary: 'Links between switches, one row a direction' })
  @Returns(NetworkLinkList)
  links(@Query({ schema: requestSchema(SearchQuery) }) query: SearchQuery): TypeOf<typeof NetworkLinkList> {
    return this.page(this.inventory.links, query);
  }

  @Get('hosts')
  @ApiOperation({ summary: 'End stations, and where they were seen' })
  @Returns(NetworkHostList)
  hosts(@Query({ schema: requestSchema(SearchQuery) }) query: SearchQuery): TypeOf<typeof NetworkHostList> {
    return this.page(this.inventory.hosts, query);
  }

  @Get('intents')
  @ApiOperation({ summary: 'Intents of all applications' })
  @Returns(NetworkIntentList)
  intents(@Query({ schema: requestSchema(IntentQuery) }) query: IntentQuery): TypeOf<typeof NetworkIntentList> {
    const { app, state } = query;
    return this.page(this.inventory.intents, query, (i) => (app ?? i.appId) === i.appId && (state ?? i.state) === i.state);
  }

  @Get('intents/:app/:key')
  @ApiOperation({ summary: 'One intent with the rules that it stands on: what it really matches (a / in the key is sent as %2F)' })
  @Returns(NetworkIntentDetail)
  async intent(@Param('app') app: string, @Param('key') key: string): Promise<TypeOf<typeof NetworkIntentDetail>> {
    const intent = this.inventory.intents.get(`${app}/${key}`);
    if (intent === undefined) throw new NotFoundException(`ONOS has no intent ${key} of ${app}`);
    try {
      const { paths } = await this.inventory.rulesOf(app, key);
      const rules = paths.flat().map((f) => ({
        device: f.deviceId,
        flowId: f.id,
        priority: f.priority,
        selector: f.selector.criteria.map(criterionText),
      }));
      return { intent, rules };
    } catch (error) {
      if (error instanceof OnosFailure) throw new BadGatewayException(error.message);
      throw error;
    }
  }

  @Get('flows')
  @ApiOperation({ summary: 'Rules of all switches; counters are as of the last reading' })
  @Returns(NetworkFlowList)
  flows(@Query({ schema: requestSchema(FlowQuery) }) query: FlowQuery): TypeOf<typeof NetworkFlowList> {
    const { app, device } = query;
    return this.page(this.inventory.flows, query, (f) => (app ?? f.appId) === f.appId && (device ?? f.device) === f.device);
  }

  @Get('inventory/changes')
  @ApiOperation({ summary: 'What changed after a version, of every kind' })
  @Returns(InventoryChanges)
  changes(@Query({ schema: requestSchema(ChangesQuery) }) { since }: ChangesQuery): InventoryChanges {
    return this.inventory.changesAfter(since);
  }
}
