import {
  canonicalPrefix,
  type LiftRequest,
  type Mitigation,
  type MitigationDetail,
  type MitigationRequest,
  type Scope,
  type ScopeRequest,
  type Target,
} from '@guardpost/contracts';
import { BadRequestException, ConflictException, Injectable, NotFoundException, UnprocessableEntityException } from '@nestjs/common';
import { Boxes } from '../boxes/boxes.service.js';
import { nowUs } from '../clock.js';
import { Enforcement } from '../enforcement/enforcement.service.js';
import { flowPlacement, type FlowPlacement } from '../enforcement/flow-enforcer.service.js';
import { beginLift } from '../enforcement/work.js';
import { Inventory } from '../inventory/inventory.service.js';
import { Ledger } from '../ledger/ledger.service.js';
import { once } from '../ledger/requests.js';
import { forbidden } from '../policy/decide.js';
import type { ScopeKeeper } from '../enforcement/scope-keeper.js';
import type { PolicyInForce } from '../policy/policy-in-force.js';
import type { Withdrawals } from '../withdrawals/withdrawals.service.js';
import { PORT_PROTOCOLS } from './flow-rule.js';
import { insertMitigation, insertPlacements, readDetail, toMitigation } from './mitigation.store.js';
import type { WantedPlacement } from './placement-plan.js';
import type { Places } from './places.js';
import { targetKey } from './target.js';

const DEFAULT_MUTE_SECONDS = 600;

/** Where and what may be asked for. */
export interface Bounds {
  readonly boxes: Boxes;
  readonly inventory: Inventory;
  readonly policy: PolicyInForce;
  readonly places: Places;
  readonly withdrawals: Withdrawals;
  readonly scopes: ScopeKeeper;
}

/** What a person or a program asks of mitigations. */
@Injectable()
export class Mitigations {
  constructor(
    private readonly ledger: Ledger,
    private readonly enforcement: Enforcement,
    private readonly bounds: Bounds,
  ) {}

  /** Idempotent by `requestId`. */
  async create(request: MitigationRequest): Promise<MitigationDetail> {
    const target: Target = {
      prefix: canonicalPrefix(request.target.prefix),
      proto: request.target.proto ?? null,
      port: request.target.port ?? null,
    };
    if (target.port !== null && !(target.proto !== null && PORT_PROTOCOLS.includes(target.proto)))
      throw new BadRequestException('target.port: needs a target.proto that has ports: 6 (TCP), 17 (UDP) or 132 (SCTP)');
    const refused = forbidden(this.bounds.policy.current, target);
    if (refused !== undefined) throw new UnprocessableEntityException(refused);
    const scope = request.scope ?? (request.places === undefined ? 'all' : 'nearest');
    const wanted = [...this.wanted(request, scope), ...(await this.withdrawal(request, target))];
    const { id, placements } = await this.ledger.write(async (db) => {
      const fresh: { placements: FlowPlacement[] } = { placements: [] };
      const made = await once(db, request.requestId, 'mitigation.create', nowUs(), async () => {
        const live = await db
          .selectFrom('mitigation')
          .select('id')
          .where('target_key', '=', targetKey(target))
          .where('live', '=', 1)
          .executeTakeFirst();
        if (live !== undefined) throw new ConflictException(`mitigation ${live.id} blocks this target already: lift it first, or leave it`);
        const now = nowUs();
        const m = await insertMitigation(db, {
          target,
          actions: request.actions,
          scope,
          reason: request.reason,
          by: 'api',
          offence: 0,
          ttlSeconds: request.ttlSeconds,
          now,
        });
        const rows = await insertPlacements(db, { id: m.id, target }, wanted, now);
        fresh.placements = rows.map((row) => flowPlacement(row, target));
        return { id: m.id };
      });
      return { id: made.id, placements: fresh.placements };
    });
    this.enforcement.hurry(placements);
    return this.get(id);
  }

  /** Every named place must exist: ONOS itself takes rules for devices that do not. */
  private wanted({ actions, places }: MitigationRequest, scope: Scope): WantedPlacement[] {
    const { boxes, inventory } = this.bounds;
    if (places !== undefined && scope !== 'nearest')
      throw new BadRequestException('scope: places are named, so it can only be nearest: edge and all are the whole network');
    if (places === undefined && scope === 'nearest')
      throw new BadRequestException('scope: nearest needs places: nothing was seen that would tell them');
    const at: readonly { box: string; device?: string; inPort?: string }[] = places ?? boxes.all.map((b) => ({ box: b.id }));
    const whole = scope !== 'nearest' && actions.includes('drop-flow') ? this.bounds.places.of(scope) : [];
    const local = at.flatMap(({ box, device, inPort }) => {
      const known = boxes.find(box);
      if (known === undefined) throw new UnprocessableEntityException(`places: ${box} is no box of the configuration`);
      if (device !== undefined && !known.devices.includes(device))
        throw new UnprocessableEntityException(`places: ${device} is no device of ${box}`);
      if (inPort !== undefined && (device === undefined || !/^\d{1,10}$/.test(inPort)))
        throw new UnprocessableEntityException('places: an inPort is a port number and needs its device');
      const devices = device === undefined ? known.devices : [device];
      const unknown = devices.find((d) => inventory.knows(d) === false);
      if (actions.includes('drop-flow') && unknown !== undefined) throw new UnprocessableEntityException(`ONOS knows no device ${unknown}`);
      const rules = devices.flatMap((d) =>
        (['from', 'to'] as const).map<WantedPlacement>((side) => ({ action: 'drop-flow', box, device: d, inPort: inPort ?? null, side })),
      );
      const tap: WantedPlacement = { action: 'tap-drop', box, device: null, inPort: null, side: null };
      return [...(actions.includes('drop-flow') && scope === 'nearest' ? rules : []), ...(actions.includes('tap-drop') ? [tap] : [])];
    });
    return [...whole, ...local];
  }

  /** The intents that a withdrawal takes out, each checked, and the guards. */
  private async withdrawal({ actions, intents }: MitigationRequest, target: Target): Promise<WantedPlacement[]> {
    if (!actions.includes('withdraw-intent')) {
      if (intents !== undefined) throw new BadRequestException('intents: only withdraw-intent takes them');
      return [];
    }
    if (target.proto !== null || target.port !== null)
      throw new BadRequestException('target: a withdrawal cuts all traffic to its prefix, it takes no proto and no port');
    return this.bounds.withdrawals.wanted(target, intents);
  }

  /** Idempotent by `requestId`. Rules of the old scope go when those of the new one are in the switches. */
  async rescope(id: string, request: ScopeRequest): Promise<MitigationDetail> {
    const { state, actions } = await this.get(id);
    if (!actions.includes('drop-flow'))
      throw new UnprocessableEntityException(`mitigation ${id} has no drop-flow: a scope means nothing to it`);
    if (state === 'lifting' || state === 'lifted' || state === 'failed') throw new ConflictException(`mitigation ${id} is ${state}`);
    await this.ledger.write((db) =>
      once(db, request.requestId, 'mitigation.rescope', nowUs(), async () => {
        await this.bounds.scopes.change(db, id, request.scope, 'api', request.reason);
        return { id };
      }),
    );
    this.enforcement.hurry([]);
    return this.get(id);
  }

  /** Idempotent by `requestId`, and for a mitigation that is on its way out already. */
  async lift(id: string, request: LiftRequest): Promise<MitigationDetail> {
    await this.get(id);
    await this.ledger.write((db) =>
      once(db, request.requestId, 'mitigation.lift', nowUs(), async () => {
        const now = nowUs();
        await beginLift(db, id, 'api', request.reason, now);
        await db
          .updateTable('mitigation')
          .set({ muted_until: now + (request.muteSeconds ?? DEFAULT_MUTE_SECONDS) * 1_000_000 })
          .where('id', '=', id)
          .execute();
        return { id };
      }),
    );
    this.enforcement.hurry([]);
    return this.get(id);
  }

  async get(id: string): Promise<MitigationDetail> {
    const found = await readDetail(this.ledger.db, id);
    if (found === undefined) throw new NotFoundException(`there is no mitigation ${id}`);
    return found;
  }

  async list(query: { state?: string; live?: boolean; limit: number }): Promise<Mitigation[]> {
    let rows = this.ledger.db.selectFrom('mitigation').selectAll().orderBy('created_at', 'desc').limit(query.limit);
    if (query.state !== undefined) rows = rows.where('state', '=', query.state);
    if (query.live !== undefined) rows = rows.where('live', '=', query.live ? 1 : 0);
    return (await rows.execute()).map(toMitigation);
  }
}
