import * as t from 'io-ts';
import { byType } from '../codec/by-type.js';

const known = {
  /** Shown where there is no instruction at all, which in a flow rule means drop. */
  NOACTION: t.type({ type: t.literal('NOACTION') }),
  /** `port`: a number as text, or a name: `CONTROLLER`, `NORMAL`, `LOCAL` ... */
  OUTPUT: t.type({ type: t.literal('OUTPUT'), port: t.string }),
  /** `subtype` says which field is set: `ETH_DST` with `mac`, `VLAN_ID` with `vlanId` ... */
  L2MODIFICATION: t.intersection([t.type({ type: t.literal('L2MODIFICATION'), subtype: t.string }), t.partial({ mac: t.string })]),
};

/** Any instruction that is not among the known: kept as it came. */
export const OtherInstruction = t.intersection([t.type({ type: t.string }), t.UnknownRecord], 'OtherInstruction');
export type OtherInstruction = t.TypeOf<typeof OtherInstruction>;

export type KnownInstruction = t.TypeOf<(typeof known)[keyof typeof known]>;

/** What is done to a packet (EncodeInstructionCodecHelper). */
export const Instruction = byType('Instruction', known, OtherInstruction);
export type Instruction = t.TypeOf<typeof Instruction>;

/** After this, `instruction.type` tells the fields. */
export function isKnownInstruction(instruction: Instruction): instruction is KnownInstruction {
  return Object.hasOwn(known, instruction.type);
}

/** TrafficTreatmentCodec. Every field may be absent in what is sent; `{}` is a drop. */
export const Treatment = t.partial(
  { instructions: t.array(Instruction), deferred: t.array(Instruction), clearDeferred: t.boolean },
  'Treatment',
);
export type Treatment = t.TypeOf<typeof Treatment>;

/** Whether a rule with this treatment drops: no instruction, or NOACTION only, now and deferred. */
export function isDrop(treatment: Treatment | undefined): boolean {
  const instructions = [...(treatment?.instructions ?? []), ...(treatment?.deferred ?? [])];
  return instructions.every(({ type }) => type === 'NOACTION');
}
