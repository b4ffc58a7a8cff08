import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Injection token of the API's token. */
export const API_TOKEN = 'guardpost.api-token';

/** Lets a request pass that carries the token: `Authorization: Bearer TOKEN`. Compared in constant time. */
@Injectable()
export class BearerGuard implements CanActivate {
  private readonly expected: Buffer;

  constructor(@Inject(API_TOKEN) token: string) {
    this.expected = digest(token);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    const header = request.headers['authorization'];
    const given = /^Bearer (.+)$/.exec(header ?? '')?.[1];
    if (given === undefined) throw new UnauthorizedException('send the API token: Authorization: Bearer TOKEN');
    if (!timingSafeEqual(digest(given), this.expected)) throw new UnauthorizedException('this is not the API token');
    return true;
  }
}
