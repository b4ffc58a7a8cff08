import {
  AuditList,
  IntentResult,
  MitigationDetail,
  PortResult,
  PortStateRequest,
  ReasonRequest,
  requestSchema,
  RestoreResult,
  SubmitIntentRequest,
  WithdrawIntentRequest,
} from '@guardpost/contracts';
import { BearerGuard } from '@guardpost/platform';
import { Returns } from '@guardpost/platform/openapi';
import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { TypeOf } from 'io-ts';
import { DEFAULT_PAGE, ListQuery } from '../queries.codec.js';
import { Audit } from './audit.service.js';
import { IntentsAdmin } from './intents-admin.service.js';
import { PortsAdmin } from './ports-admin.service.js';

/** The network by hand. */
@ApiTags('admin')
@ApiBearerAuth()
@UseGuards(BearerGuard)
@Controller('api/v1')
export class AdminController {
  constructor(
    private readonly intents: IntentsAdmin,
    private readonly ports: PortsAdmin,
    private readonly audit: Audit,
  ) {}

  @Post('intents')
  @ApiOperation({ summary: 'Submit an intent; answers when ONOS has installed it or has failed to' })
  @Returns(IntentResult, 201)
  submit(@Body({ schema: requestSchema(SubmitIntentRequest) }) request: SubmitIntentRequest): Promise<IntentResult> {
    return this.intents.submit(request);
  }

  @Post('intents/:app/:key/withdraw')
  @ApiOperation({ summary: 'Withdraw an intent and hold it withdrawn, as a mitigation (a / in the key is sent as %2F)' })
  @Returns(MitigationDetail, 201)
  withdraw(
    @Param('app') appId: string,
    @Param('key') key: string,
    @Body({ schema: requestSchema(WithdrawIntentRequest) }) request: WithdrawIntentRequest,
  ): Promise<MitigationDetail> {
    return this.intents.withdraw({ appId, key }, request);
  }

  @Post('intents/:app/:key/restore')
  @HttpCode(202)
  @ApiOperation({ summary: 'Give a withdrawn intent back: lifts the mitigations that hold it' })
  @Returns(RestoreResult, 202)
  restore(
    @Param('app') appId: string,
    @Param('key') key: string,
    @Body({ schema: requestSchema(ReasonRequest) }) request: ReasonRequest,
  ): Promise<RestoreResult> {
    return this.intents.restore({ appId, key }, request);
  }

  @Post('intents/:app/:key/purge')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take an intent that carries nothing (WITHDRAWN, FAILED) out of the lists of ONOS' })
  @Returns(IntentResult, 200)
  purge(
    @Param('app') appId: string,
    @Param('key') key: string,
    @Body({ schema: requestSchema(ReasonRequest) }) request: ReasonRequest,
  ): Promise<IntentResult> {
    return this.intents.purge({ appId, key }, request);
  }

  @Post('devices/:id/ports/:port/state')
  @HttpCode(200)
  @ApiOperation({ summary: 'Turn a port of a switch on or off' })
  @Returns(PortResult, 200)
  portState(
    @Param('id') device: string,
    @Param('port') port: string,
    @Body({ schema: requestSchema(PortStateRequest) }) request: PortStateRequest,
  ): Promise<PortResult> {
    return this.ports.setState(device, port, request);
  }

  @Get('audit')
  @ApiOperation({ summary: 'What was done to the network by hand, the newest first' })
  @Returns(AuditList)
  async log(@Query({ schema: requestSchema(ListQuery) }) query: ListQuery): Promise<TypeOf<typeof AuditList>> {
    return { items: await this.audit.list(query.limit ?? DEFAULT_PAGE) };
  }
}
