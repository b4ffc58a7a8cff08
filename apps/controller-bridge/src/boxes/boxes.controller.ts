import { BoxList, DeadLetterList, requestSchema } from '@guardpost/contracts';
import { BearerGuard } from '@guardpost/platform';
import { Returns } from '@guardpost/platform/openapi';
import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { TypeOf } from 'io-ts';
import { DeadLetters } from '../dead-letters/dead-letters.service.js';
import { DEFAULT_PAGE, ListQuery } from '../queries.codec.js';
import { Boxes } from './boxes.service.js';

@ApiTags('site')
@ApiBearerAuth()
@UseGuards(BearerGuard)
@Controller('api/v1')
export class BoxesController {
  constructor(
    private readonly boxes: Boxes,
    private readonly deadLetters: DeadLetters,
  ) {}

  @Get('boxes')
  @ApiOperation({ summary: 'Boxes, with what each last said of itself and how many of its detections never came' })
  @Returns(BoxList)
  async list(): Promise<TypeOf<typeof BoxList>> {
    return { items: await this.boxes.list() };
  }

  @Get('dead-letters')
  @ApiOperation({ summary: 'Messages that a bridge or a box refused, the newest first' })
  @Returns(DeadLetterList)
  async dead(@Query({ schema: requestSchema(ListQuery) }) query: ListQuery): Promise<TypeOf<typeof DeadLetterList>> {
    return { items: await this.deadLetters.list(query.limit ?? DEFAULT_PAGE) };
  }
}
