import type { IntentRef, Target } from '@guardpost/contracts';
import { isKnownIntent, OnosFailure, unwrap, type Host, type Intent, type OnosClient } from '@guardpost/intents';
import { BadGatewayException, Injectable, UnprocessableEntityException } from '@nestjs/common';
import { nowUs } from '../clock.js';
import type { WantedPlacement } from '../mitigations/placement-plan.js';
import { forbidden } from '../policy/decide.js';
import type { PolicyInForce } from '../policy/policy-in-force.js';
import { chooseIntents } from './choose-intents.js';
import { cutBy, type Guards } from './guards.js';
import { recordedRule, refusal, requestFor, routePrefix } from './intent-record.js';

const RECENT_MS = 250;

/** Which intents a withdrawal takes out, and whether it may. */
@Injectable()
export class Withdrawals {
  private recent: { readonly at: number; readonly read: Promise<readonly [Intent[], Host[]]> } | undefined;

  constructor(
    private readonly onos: OnosClient,
    private readonly policy: PolicyInForce,
    private readonly guards: Guards,
  ) {}

  /** The placements of a withdrawal. Throws where there is nothing to withdraw, or where it could not be given back. */
  async wanted(target: Target, named: readonly IntentRef[] | undefined): Promise<WantedPlacement[]> {
    try {
      const chosen = named === undefined ? await this.choose(target) : await this.find(named);
      if (chosen.length === 0)
        throw new UnprocessableEntityException(
          `ONOS has no intent that carries traffic to ${target.prefix}: neither a route that covers it nor a host with an intent`,
        );
      const refs = chosen.map(({ appId, key }) => ({ appId, key }));
      for (const intent of chosen) await this.check(intent);
      for (const prefix of cutBy(target, refs)) {
        const refused = forbidden(this.policy.current, { prefix, proto: null, port: null });
        if (refused !== undefined) throw new UnprocessableEntityException(`the withdrawal would cut ${prefix}: ${refused}`);
      }
      const intents = refs.map<WantedPlacement>((intent) => ({
        action: 'withdraw-intent',
        role: 'intent',
        box: null,
        device: null,
        inPort: null,
        side: null,
        intent,
      }));
      return [...intents, ...this.guards.of(target, refs)];
    } catch (error) {
      if (error instanceof OnosFailure) throw new BadGatewayException(error.message);
      throw error;
    }
  }

  private async choose(target: Target): Promise<Intent[]> {
    const [intents, hosts] = await this.lists();
    const refs = chooseIntents(target, intents, hosts);
    return intents.filter((i) => refs.some((r) => r.appId === i.appId && r.key === i.key));
  }

  /** Read once for all that ask within a moment: many are withdrawn at a time. */
  private lists(): Promise<readonly [Intent[], Host[]]> {
    if (this.recent === undefined || Date.now() - this.recent.at > RECENT_MS) {
      const read = Promise.all([unwrap(this.onos.intents.list()), unwrap(this.onos.hosts.list())]);
      this.recent = { at: Date.now(), read };
      read.catch(() => (this.recent = undefined));
    }
    return this.recent.read;
  }

  private find(refs: readonly IntentRef[]): Promise<Intent[]> {
    return Promise.all(
      refs.map(async ({ appId, key }) => {
        try {
          return await unwrap(this.onos.intents.get(appId, key));
        } catch (error) {
          if (error instanceof OnosFailure && error.error.kind === 'not-found')
            throw new UnprocessableEntityException(`intents: ONOS has no intent ${key} of ${appId}`);
          throw error;
        }
      }),
    );
  }

  private async check(intent: Intent): Promise<void> {
    const refused = refusal(intent);
    if (refused !== undefined || !isKnownIntent(intent))
      throw new UnprocessableEntityException(refused ?? `${intent.key} is of an unknown type`);
    if (routePrefix(intent) !== undefined) return; // SDN-IP submits it itself
    const { paths } = await unwrap(this.onos.intents.relatedFlows(intent.appId, intent.key));
    const made = requestFor({ at: nowUs(), intent, rules: paths.flat().map(recordedRule), siblings: [] });
    if ('unsafe' in made) throw new UnprocessableEntityException(`it could not be given back: ${made.unsafe}`);
  }
}
