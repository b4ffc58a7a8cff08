import { LiftRequest, MitigationDetail, MitigationList, MitigationRequest, ScopeRequest, requestSchema } from '@guardpost/contracts';
import { BearerGuard } from '@guardpost/platform';
import { Returns } from '@guardpost/platform/openapi';
import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DEFAULT_PAGE, MitigationQuery } from '../queries.codec.js';
import { Mitigations } from './mitigations.service.js';

@ApiTags('mitigations')
@ApiBearerAuth()
@UseGuards(BearerGuard)
@Controller('api/v1/mitigations')
export class MitigationsController {
  constructor(private readonly mitigations: Mitigations) {}

  @Get()
  @ApiOperation({ summary: 'Mitigations, the newest first' })
  @Returns(MitigationList)
  async list(@Query({ schema: requestSchema(MitigationQuery) }) query: MitigationQuery): Promise<MitigationList> {
    return { items: await this.mitigations.list({ ...query, limit: query.limit ?? DEFAULT_PAGE }) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One mitigation with its placements, its latency trace and every transition' })
  @Returns(MitigationDetail)
  get(@Param('id') id: string): Promise<MitigationDetail> {
    return this.mitigations.get(id);
  }

  @Post()
  @ApiOperation({ summary: 'Block a target; a repeat of the requestId returns the first result' })
  @Returns(MitigationDetail, 201)
  create(@Body({ schema: requestSchema(MitigationRequest) }) request: MitigationRequest): Promise<MitigationDetail> {
    return this.mitigations.create(request);
  }

  @Post(':id/lift')
  @HttpCode(202)
  @ApiOperation({ summary: 'Give the traffic back; new detections of the target are muted for a while' })
  @Returns(MitigationDetail, 202)
  lift(@Param('id') id: string, @Body({ schema: requestSchema(LiftRequest) }) request: LiftRequest): Promise<MitigationDetail> {
    return this.mitigations.lift(id, request);
  }

  @Post(':id/scope')
  @HttpCode(202)
  @ApiOperation({ summary: 'Widen or narrow where drop rules go, without a moment in which there is none' })
  @Returns(MitigationDetail, 202)
  rescope(@Param('id') id: string, @Body({ schema: requestSchema(ScopeRequest) }) request: ScopeRequest): Promise<MitigationDetail> {
    return this.mitigations.rescope(id, request);
  }
}
