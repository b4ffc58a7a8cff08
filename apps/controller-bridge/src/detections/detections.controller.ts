import { Detection, DetectionList, requestSchema } from '@guardpost/contracts';
import { BearerGuard } from '@guardpost/platform';
import { Returns } from '@guardpost/platform/openapi';
import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { isRight } from 'fp-ts/lib/Either.js';
import type { TypeOf } from 'io-ts';
import { Ledger } from '../ledger/ledger.service.js';
import { DEFAULT_PAGE, ListQuery } from '../queries.codec.js';

@ApiTags('detections')
@ApiBearerAuth()
@UseGuards(BearerGuard)
@Controller('api/v1/detections')
export class DetectionsController {
  constructor(private readonly ledger: Ledger) {}

  @Get()
  @ApiOperation({ summary: 'Detections, the newest first, each in its newest revision, with what was decided' })
  @Returns(DetectionList)
  async list(@Query({ schema: requestSchema(ListQuery) }) query: ListQuery): Promise<TypeOf<typeof DetectionList>> {
    const rows = await this.ledger.db
      .selectFrom('detection')
      .selectAll()
      .orderBy('received_at', 'desc')
      .limit(query.limit ?? DEFAULT_PAGE)
      .execute();
    const items = rows.map((row) => {
      const detection = Detection.decode(JSON.parse(row.body_json));
      if (!isRight(detection)) throw new Error(`the ledger holds a detection ${row.id} that does not decode`);
      return { detection: detection.right, receivedAt: row.received_at, decision: row.decision, mitigationId: row.mitigation_id };
    });
    return { items };
  }
}
