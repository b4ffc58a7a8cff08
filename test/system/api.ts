import { randomBytes } from 'node:crypto';
import {
  BoxList,
  DeadLetterList,
  DetectionList,
  IndicatorList,
  MitigationDetail,
  MitigationList,
  type DeadLetter,
  type Indicator,
  type IndicatorInput,
  type LiftRequest,
  type Mitigation,
  type MitigationRequest,
  type ScopeRequest,
} from '@guardpost/contracts';
import axios, { type AxiosInstance } from 'axios';
import { isRight } from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';

export const requestId = (): string => `req-${randomBytes(8).toString('hex')}`;

/** The bridge's REST as a program uses it. Answers are decoded by the codecs that they are documented with. */
export class Api {
  readonly http: AxiosInstance;

  constructor(
    readonly url: string,
    token: string,
  ) {
    this.http = axios.create({ baseURL: url, timeout: 10_000, proxy: false, headers: { authorization: `Bearer ${token}` } });
  }

  private async read<A>(codec: t.Type<A, unknown>, path: string): Promise<A> {
    return expectBody(codec, (await this.http.get<unknown>(path)).data);
  }

  async ready(): Promise<boolean> {
    return (await this.http.get('/health/ready', { validateStatus: () => true })).status === 200;
  }
  async live(): Promise<boolean> {
    return (await this.http.get('/health/live')).status === 200;
  }

  async addIndicators(indicators: readonly IndicatorInput[], feed = 'test'): Promise<Indicator[]> {
    const { data } = await this.http.post<unknown>('/api/v1/indicators', { requestId: requestId(), feed, indicators });
    return expectBody(IndicatorList, data).items;
  }
  async removeIndicator(id: string): Promise<void> {
    await this.http.delete(`/api/v1/indicators/${id}`);
  }
  async indicators(): Promise<Indicator[]> {
    return (await this.read(IndicatorList, '/api/v1/indicators?limit=9999')).items;
  }

  async mitigations(query = ''): Promise<Mitigation[]> {
    return (await this.read(MitigationList, `/api/v1/mitigations?limit=9999${query}`)).items;
  }
  mitigation(id: string): Promise<MitigationDetail> {
    return this.read(MitigationDetail, `/api/v1/mitigations/${id}`);
  }
  /** The newest mitigation of one target, live or not. */
  async mitigationOf(prefix: string): Promise<MitigationDetail | undefined> {
    const found = (await this.mitigations()).find((m) => m.target.prefix === prefix);
    return found === undefined ? undefined : this.mitigation(found.id);
  }
  async create(request: Omit<MitigationRequest, 'requestId'>): Promise<MitigationDetail> {
    return expectBody(
      MitigationDetail,
      (await this.http.post<unknown>('/api/v1/mitigations', { requestId: requestId(), ...request })).data,
    );
  }
  async lift(id: string, change: Partial<LiftRequest> = {}): Promise<MitigationDetail> {
    const body = { requestId: requestId(), reason: 'test', ...change };
    return expectBody(MitigationDetail, (await this.http.post<unknown>(`/api/v1/mitigations/${id}/lift`, body)).data);
  }
  async rescope(id: string, scope: ScopeRequest['scope']): Promise<MitigationDetail> {
    const body: ScopeRequest = { requestId: requestId(), scope, reason: 'test' };
    return expectBody(MitigationDetail, (await this.http.post<unknown>(`/api/v1/mitigations/${id}/scope`, body)).data);
  }

  async detections(): Promise<t.TypeOf<typeof DetectionList>['items']> {
    return (await this.read(DetectionList, '/api/v1/detections?limit=9999')).items;
  }
  async boxes(): Promise<t.TypeOf<typeof BoxList>['items']> {
    return (await this.read(BoxList, '/api/v1/boxes')).items;
  }
  async deadLetters(): Promise<DeadLetter[]> {
    return (await this.read(DeadLetterList, '/api/v1/dead-letters?limit=9999')).items;
  }
}

function expectBody<A>(codec: t.Type<A, unknown>, body: unknown): A {
  const decoded = codec.decode(body);
  if (isRight(decoded)) return decoded.right;
  throw new Error(`the answer is no ${codec.name}: ${JSON.stringify(body).slice(0, 300)}`);
}
