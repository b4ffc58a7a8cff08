import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { left, right, type Either } from 'fp-ts/lib/Either.js';
import { urlOf, type Answer, type Call } from './call.js';
import { classifyAnswer, shorten } from './classify-answer.js';
import { classifyFailure, type Failure } from './classify-failure.js';
import type { OnosSettings } from './onos-options.js';
import { undecodable } from './undecodable.js';

const asItIs = (data: unknown): unknown => data;

/** One request to one address: axios, its connections, and nothing of failover or repetition. */
export class Attempts {
  private readonly agents: readonly [HttpAgent, HttpsAgent];
  private readonly axios: AxiosInstance;

  constructor(private readonly settings: OnosSettings) {
    const keep = {
      keepAlive: true,
      noDelay: true,
      maxSockets: settings.maxConcurrent,
      maxFreeSockets: settings.maxConcurrent,
      // Closes idle connections before Jetty does, so that a write does not meet one that is half gone.
      timeout: settings.idleMs,
      scheduling: 'lifo' as const,
    };
    this.agents = [new HttpAgent(keep), new HttpsAgent(keep)];
    const authorization = `Basic ${Buffer.from(`${settings.user}:${settings.password}`).toString('base64')}`;
    this.axios = axios.create({
      httpAgent: this.agents[0],
      httpsAgent: this.agents[1],
      headers: {
        common: { Accept: 'application/json', 'Accept-Encoding': 'identity', Authorization: authorization, 'User-Agent': 'guardpost' },
      },
      // Text in, text out: the codecs parse what they need, and a POST of a rule has no JSON in its answer at all.
      responseType: 'text',
      transformRequest: asItIs,
      transformResponse: asItIs,
      decompress: false,
      maxContentLength: settings.maxAnswerBytes,
      maxBodyLength: Infinity,
      maxRedirects: 0,
      proxy: false,
      validateStatus: () => true,
    });
  }

  /** `timeoutMs` counts until the last byte of the answer. */
  async send(call: Call, base: string, timeoutMs: number): Promise<Either<Failure, Answer>> {
    const url = urlOf(call, base);
    const where = `${call.method} ${url}`;
    // axios' own time-out starts again with every byte; this one does not.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    try {
      const response: AxiosResponse<unknown> = await this.axios.request({
        method: call.method,
        url,
        signal: deadline.signal,
        // Without a body axios would name a form as its type, which ONOS answers with 415.
        headers: { 'Content-Type': call.body === undefined ? false : 'application/json' },
        ...(call.body === undefined ? {} : { data: call.body }),
      });
      return readResponse(call, base, response);
    } catch (thrown) {
      return left(classifyFailure(thrown, where, deadline.signal.aborted ? timeoutMs : undefined, this.settings.maxAnswerBytes));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Breaks every connection, those in use too. */
  close(): void {
    for (const agent of this.agents) agent.destroy();
  }
}

function readResponse(call: Call, base: string, response: AxiosResponse<unknown>): Either<Failure, Answer> {
  const body = typeof response.data === 'string' ? response.data : '';
  const { status } = response;
  const error = classifyAnswer(call, `${call.method} ${urlOf(call, base)}`, status, body);
  if (error !== undefined) {
    const passing = error.retryable && (error.kind === 'unreachable' || error.kind === 'server-error');
    return left({ error, neverSent: false, stale: false, elsewhere: passing });
  }
  // A page of a proxy, a login form: whatever it is, no ONOS answers at this address.
  if (!/^\s*([{[]|$)/.test(body.slice(0, 1_000)))
    return left({
      error: undecodable(call, { status, from: base }, `no JSON but "${shorten(body)}"`),
      neverSent: false,
      stale: false,
      elsewhere: true,
    });
  const location: unknown = response.headers['location'];
  return right({ status, body, location: typeof location === 'string' ? location : undefined, from: base });
}
