import { CaptureRequest, requestSchema, type Capture, type CaptureList } from '@guardpost/contracts';
import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  ServiceUnavailableException,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import type { TypeOf } from 'io-ts';
import { OnDemandCaptures } from '../capture/on-demand/on-demand.js';
import { LocalGuard } from './local.guard.js';

const REFUSED = { 'bad request': BadRequestException, busy: ConflictException, unavailable: ServiceUnavailableException } as const;

/** Captures on demand. */
@UseGuards(LocalGuard)
@Controller('captures')
export class CapturesController {
  constructor(private readonly captures: OnDemandCaptures) {}

  @Get()
  list(): TypeOf<typeof CaptureList> {
    return { items: this.captures.list() };
  }

  @Post()
  start(@Body({ schema: requestSchema(CaptureRequest) }) request: CaptureRequest): Capture {
    const started = this.captures.start(request);
    if ('refusal' in started) throw new REFUSED[started.refusal.kind](started.refusal.message);
    return started.capture;
  }

  @Get(':id')
  one(@Param('id') id: string): Capture {
    return found(id, this.captures.get(id));
  }

  /** Answers when the file is whole. */
  @Post(':id/stop')
  @HttpCode(200)
  async stop(@Param('id') id: string): Promise<Capture> {
    return found(id, await this.captures.stop(id));
  }

  @Get(':id/file')
  file(@Param('id') id: string): StreamableFile {
    const capture = found(id, this.captures.get(id));
    const stream = this.captures.read(id);
    if (stream === undefined)
      throw new ConflictException(capture.state === 'running' ? 'the capture still runs' : 'the capture has failed');
    return new StreamableFile(stream, {
      type: 'application/x-pcapng',
      disposition: `attachment; filename="${id}.pcapng"`,
      length: capture.bytes,
    });
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Param('id') id: string): Promise<void> {
    if (!(await this.captures.remove(id))) throw new NotFoundException(`there is no capture ${id}`);
  }
}

function found(id: string, capture: Capture | undefined): Capture {
  if (capture === undefined) throw new NotFoundException(`there is no capture ${id}`);
  return capture;
}
