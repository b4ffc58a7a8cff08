import { IndicatorBatch, IndicatorList, requestSchema } from '@guardpost/contracts';
import { BearerGuard } from '@guardpost/platform';
import { Returns } from '@guardpost/platform/openapi';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DEFAULT_PAGE, IndicatorQuery } from '../queries.codec.js';
import { Indicators } from './indicators.service.js';

@ApiTags('indicators')
@ApiBearerAuth()
@UseGuards(BearerGuard)
@Controller('api/v1/indicators')
export class IndicatorsController {
  constructor(private readonly indicators: Indicators) {}

  @Get()
  @ApiOperation({ summary: 'Indicators that are listed now' })
  @Returns(IndicatorList)
  async list(@Query({ schema: requestSchema(IndicatorQuery) }) query: IndicatorQuery): Promise<IndicatorList> {
    return { items: await this.indicators.list({ ...query, limit: query.limit ?? DEFAULT_PAGE }) };
  }

  @Post()
  @ApiOperation({ summary: 'Add the indicators of a feed, all of them or none' })
  @Returns(IndicatorList, 201)
  async add(@Body({ schema: requestSchema(IndicatorBatch) }) batch: IndicatorBatch): Promise<IndicatorList> {
    return { items: await this.indicators.add(batch) };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Stop watching for an indicator; what it blocked stays blocked' })
  remove(@Param('id') id: string): Promise<void> {
    return this.indicators.remove(id);
  }
}
