import { ListChange, ListSnapshot, redisKeys } from '@guardpost/contracts';
import { SequenceGuard, type Opener } from '@guardpost/platform';
import type { Refusals } from '../trust/refusals.js';
import type { Outcome } from './held-list.js';
import type { Lists } from './lists.js';

/** Believes a list only from a bridge, only for what it is, only forwards. Knows nothing of Redis. */
export class ListReceiver {
  private readonly guards = new Map<string, SequenceGuard>();

  constructor(
    private readonly lists: Lists,
    private readonly opener: Opener,
    private readonly refusals: Refusals,
    /** A list has a new version. */
    private readonly onHeld: (name: string) => void,
  ) {}

  /** The value of the key of list `name`. */
  snapshot(name: string, raw: string): void {
    const channel = redisKeys.list(name);
    const opened = this.opener.open(raw, ListSnapshot);
    if ('refused' in opened) return this.refusals.refuse(channel, opened.refused, raw);
    if (opened.body.list !== name) return this.refusals.refuse(channel, `wrong list: ${opened.body.list} at the key of ${name}`, raw);
    this.take(name, channel, raw, this.accept(name, opened.body));
  }

  /** An entry of the stream of list `name`. False when the snapshot must be read to go on. */
  change(name: string, raw: string): boolean {
    const channel = redisKeys.listChanges(name);
    const opened = this.opener.open(raw, ListChange);
    if ('refused' in opened) {
      this.refusals.refuse(channel, opened.refused, raw);
      return true;
    }
    const { body, envelope } = opened;
    if (body.list !== name) {
      this.refusals.refuse(channel, `wrong list: ${body.list} in the stream of ${name}`, raw);
      return true;
    }
    const order = this.guardOf(name).accept(envelope.from, envelope.boot, envelope.seq);
    if ('refused' in order) {
      this.refusals.refuse(channel, order.refused, raw);
      return true;
    }
    const outcome = name === this.lists.watch.name ? this.lists.watch.change(body, body.watch) : this.lists.drop.change(body, body.drop);
    this.take(name, channel, raw, outcome);
    return outcome !== 'behind';
  }

  isBehind(name: string): boolean {
    return (name === this.lists.watch.name ? this.lists.watch : this.lists.drop).isBehind;
  }

  private accept(name: string, body: ListSnapshot): Outcome {
    return name === this.lists.watch.name
      ? this.lists.watch.snapshot(body.version, body.watch)
      : this.lists.drop.snapshot(body.version, body.drop);
  }

  private take(name: string, channel: string, raw: string, outcome: Outcome): void {
    if (typeof outcome === 'object') this.refusals.refuse(channel, outcome.refused, raw);
    else if (outcome === 'applied') this.onHeld(name);
  }

  private guardOf(name: string): SequenceGuard {
    let guard = this.guards.get(name);
    if (guard === undefined) this.guards.set(name, (guard = new SequenceGuard()));
    return guard;
  }
}
