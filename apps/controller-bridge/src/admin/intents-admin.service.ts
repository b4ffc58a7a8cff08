import type {
  IntentRef,
  IntentResult,
  MitigationDetail,
  NetworkIntent,
  ReasonRequest,
  RestoreResult,
  SubmitIntentRequest,
  WithdrawIntentRequest,
} from '@guardpost/contracts';
import { OnosFailure, unwrap, type Intent, type OnosClient } from '@guardpost/intents';
import {
  BadGatewayException,
  BadRequestException,
  ConflictException,
  Injectable,
  NotFoundException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Inventory } from '../inventory/inventory.service.js';
import { intentRow } from '../inventory/rows.js';
import type { Ledger } from '../ledger/ledger.service.js';
import type { Mitigations } from '../mitigations/mitigations.service.js';
import { SDNIP, standing } from '../withdrawals/intent-record.js';
import type { Audit } from './audit.service.js';
import { DEFAULT_APP, intentRequest, namedPoints } from './intent-request.js';

const SETTLED_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 50;

/** Intents by hand: submitted, withdrawn and held, given back, purged. Everything is in the audit log before it is done. */
@Injectable()
export class IntentsAdmin {
  constructor(
    private readonly onos: OnosClient,
    private readonly ledger: Ledger,
    private readonly inventory: Inventory,
    private readonly mitigations: Mitigations,
    private readonly audit: Audit,
  ) {}

  /** Waits until ONOS has installed it, or has failed to. 422 for what must not be, 409 for a key that is taken or held. */
  async submit(request: SubmitIntentRequest): Promise<IntentResult> {
    const ref = { appId: request.intent.appId ?? DEFAULT_APP, key: request.intent.key };
    const made = intentRequest(request.intent);
    if ('wrong' in made) throw new UnprocessableEntityException(`intent: ${made.wrong}`);
    if (ref.appId === SDNIP)
      throw new UnprocessableEntityException('intent.appId: SDN-IP submits its intents itself; restore gives one back');
    const absent = namedPoints(request.intent).find((point) => this.inventory.ports.get(point) === undefined);
    if (absent !== undefined)
      throw new UnprocessableEntityException(`intent: ONOS knows no port ${absent}; it would take the intent and fail`);
    const audit = await this.doing('intent.submit', ref, request, async () => {
      const [held] = await this.holders(ref);
      if (held !== undefined) throw new ConflictException(`mitigation ${held} holds ${ref.key} withdrawn: restore it first`);
      const known = await this.read(ref);
      if (known !== undefined && standing(known.state) !== 'gone' && request.replace !== true)
        throw new ConflictException(`${ref.appId} has an intent ${ref.key} (${known.state ?? ''}): send replace: true to replace it`);
      await unwrap(this.onos.intents.submit(made.request));
      const intent = await this.settled(ref, (i) => ['there', 'broken'].includes(standing(i?.state)));
      return intent?.state === 'INSTALLED' ? 'done' : `taken by ONOS, and ${intent?.state ?? 'gone'} after ${SETTLED_WITHIN_MS / 1000} s`;
    });
    return { audit, intent: await this.row(ref) };
  }

  /** As a mitigation: with guard rules, held, given back when its time is over. */
  async withdraw(ref: IntentRef, request: WithdrawIntentRequest): Promise<MitigationDetail> {
    const { requestId, reason, ttlSeconds, prefix } = request;
    const cut = prefix ?? (ref.appId === SDNIP && ref.key.includes('/') ? ref.key : undefined);
    if (cut === undefined)
      throw new BadRequestException('prefix: say what the guard rules shall drop; only a route intent tells it itself');
    const ask = { requestId, target: { prefix: cut }, actions: ['withdraw-intent' as const], intents: [ref], ttlSeconds, reason };
    let made: MitigationDetail | undefined;
    await this.doing('intent.withdraw', ref, request, async () => {
      made = await this.mitigations.create(ask);
      return `mitigation ${made.id}`;
    });
    return made ?? this.mitigations.create(ask); // a repeat: gives the first result
  }

  /** Lifts every mitigation that holds the intent. 404 where none does. */
  async restore(ref: IntentRef, request: ReasonRequest): Promise<RestoreResult> {
    const held = await this.holders(ref);
    if (held.length === 0) throw new NotFoundException(`no mitigation holds ${ref.key} of ${ref.appId} withdrawn`);
    const mitigations: MitigationDetail[] = [];
    await this.doing('intent.restore', ref, request, async () => {
      for (const [i, id] of held.entries())
        mitigations.push(
          await this.mitigations.lift(id, { requestId: `${request.requestId.slice(0, 60)}-${i}`, reason: request.reason, muteSeconds: 0 }),
        );
      return held.map((id) => `mitigation ${id}`).join(', ');
    });
    return { mitigations: mitigations.length > 0 ? mitigations : await Promise.all(held.map((id) => this.mitigations.get(id))) };
  }

  /** Takes what carries no traffic out of ONOS' lists: WITHDRAWN or FAILED, nothing else. */
  async purge(ref: IntentRef, request: ReasonRequest): Promise<IntentResult> {
    const audit = await this.doing('intent.purge', ref, request, async () => {
      const intent = await this.read(ref);
      if (intent === undefined) throw new NotFoundException(`ONOS has no intent ${ref.key} of ${ref.appId}`);
      if (intent.state !== 'WITHDRAWN' && intent.state !== 'FAILED')
        throw new ConflictException(`${ref.key} is ${intent.state ?? ''}: it may carry traffic; withdraw it, that can be undone`);
      await unwrap(this.onos.intents.withdraw(ref.appId, ref.key));
      return 'done';
    });
    await this.settled(ref, (i) => i === undefined);
    return { audit, intent: await this.row(ref) };
  }

  private async doing(what: string, ref: IntentRef, request: { requestId: string }, work: () => Promise<string>) {
    try {
      return await this.audit.doing({ requestId: request.requestId, what, subject: `${ref.appId}/${ref.key}`, request }, work);
    } catch (error) {
      if (error instanceof OnosFailure) throw new BadGatewayException(error.message);
      throw error;
    } finally {
      void this.inventory.readAll();
    }
  }

  private async holders({ appId, key }: IntentRef): Promise<string[]> {
    const rows = await this.ledger.db
      .selectFrom('placement')
      .innerJoin('mitigation', 'mitigation.id', 'placement.mitigation_id')
      .select('mitigation.id')
      .where('placement.intent_app', '=', appId)
      .where('placement.intent_key', '=', key)
      .where('mitigation.live', '=', 1)
      .execute();
    return rows.map((r) => r.id);
  }

  private async read({ appId, key }: IntentRef): Promise<Intent | undefined> {
    try {
      return await unwrap(this.onos.intents.get(appId, key));
    } catch (error) {
      if (error instanceof OnosFailure && error.error.kind === 'not-found') return undefined;
      throw error;
    }
  }

  private async settled(ref: IntentRef, wanted: (intent: Intent | undefined) => boolean): Promise<Intent | undefined> {
    const until = Date.now() + SETTLED_WITHIN_MS;
    for (;;) {
      const intent = await this.read(ref);
      if (wanted(intent) || Date.now() > until) return intent;
      await sleep(LOOK_EVERY_MS);
    }
  }

  private async row(ref: IntentRef): Promise<NetworkIntent | null> {
    const intent = await this.read(ref);
    return intent === undefined ? null : { ...intentRow(intent), version: this.inventory.version };
  }
}
