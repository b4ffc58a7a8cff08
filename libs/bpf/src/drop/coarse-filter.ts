import type { BpfObject } from '../libbpf/bpf-object.js';

/** `coarse4` of c/drop.bpf.c: which IPv4 /16s the list meets at all. A bit that is missing would let a listed packet pass. */
export class CoarseFilter {
  private readonly words: Uint32Array;

  constructor(drop: BpfObject) {
    const { buffer, byteOffset, byteLength } = drop.global('coarse4');
    this.words = new Uint32Array(buffer, byteOffset, byteLength / 4);
  }

  /** Before a list is swapped in: what it meets, besides what the old one meets. */
  widen(coarse: Uint32Array): void {
    coarse.forEach((word, i) => Atomics.or(this.words, i, word));
  }

  /** After it: what it meets, and no more. */
  narrow(coarse: Uint32Array): void {
    coarse.forEach((word, i) => Atomics.store(this.words, i, word));
  }
}
