/** The kinds of BTF that matter here (Linux Documentation/bpf/btf.rst). */
const KIND = { int: 1, array: 3, struct: 4, union: 5, enum: 6, funcProto: 13, variable: 14, section: 15, declTag: 17, enum64: 19 } as const;

interface BtfMember {
  readonly name: string;
  readonly type: number;
  /** In bytes. */
  readonly offset: number;
  /** In bytes; only in a section. */
  readonly size: number;
}
interface BtfType {
  readonly kind: number;
  readonly name: string;
  readonly sizeOrType: number;
  readonly members: readonly BtfMember[];
}
/** Where a member lies, in bytes, and the size of the whole. */
export interface StructLayout {
  readonly size: number;
  readonly members: Readonly<Record<string, number>>;
}
export interface GlobalVariable {
  readonly section: string;
  readonly offset: number;
  readonly size: number;
}

/** Type information of one object, from the raw bytes of its .BTF section. */
export class Btf {
  private readonly types: BtfType[] = [{ kind: 0, name: 'void', sizeOrType: 0, members: [] }];
  private readonly strings: number;

  constructor(private readonly raw: Buffer) {
    if (raw.readUInt16LE(0) !== 0xeb9f) throw new Error('not BTF of this byte order');
    const header = raw.readUInt32LE(4);
    const first = header + raw.readUInt32LE(8);
    this.strings = header + raw.readUInt32LE(16);
    for (let at = first; at < first + raw.readUInt32LE(12);) at = this.readType(at);
  }

  /** Throws where the object has no such struct. */
  struct(name: string): StructLayout {
    const type = this.types.find((t) => t.kind === KIND.struct && t.name === name);
    if (type === undefined) throw new Error(`BTF has no struct ${name}`);
    return { size: type.sizeOrType, members: Object.fromEntries(type.members.map((m) => [m.name, m.offset])) };
  }

  /** libbpf fills in a section's offsets when it opens an object (clang leaves them 0): give this the BTF of an opened one. */
  global(name: string): GlobalVariable | undefined {
    for (const section of this.types) {
      if (section.kind !== KIND.section || section.name === '.maps') continue;
      const found = section.members.find((m) => this.types[m.type]?.name === name);
      if (found !== undefined) return { section: section.name, offset: found.offset, size: found.size };
    }
    return undefined;
  }

  private u32(at: number): number {
    return this.raw.readUInt32LE(at);
  }

  private text(offset: number): string {
    const from = this.strings + offset;
    return this.raw.toString('latin1', from, this.raw.indexOf(0, from));
  }

  private readType(at: number): number {
    const info = this.u32(at + 4);
    const kind = (info >>> 24) & 31;
    const count = info & 0xffff;
    const bitfields = info >>> 31 === 1;
    const members: BtfMember[] = [];
    let next = at + 12;
    if (kind === KIND.struct || kind === KIND.union || kind === KIND.section) {
      for (let i = 0; i < count; i++, next += 12) members.push(this.readMember(kind, next, bitfields));
    } else if (kind === KIND.int || kind === KIND.variable || kind === KIND.declTag) next += 4;
    else if (kind === KIND.array) next += 12;
    else if (kind === KIND.enum || kind === KIND.funcProto) next += 8 * count;
    else if (kind === KIND.enum64) next += 12 * count;
    this.types.push({ kind, name: this.text(this.u32(at)), sizeOrType: this.u32(at + 8), members });
    return next;
  }

  private readMember(kind: number, at: number, bitfields: boolean): BtfMember {
    if (kind === KIND.section) return { name: '', type: this.u32(at), offset: this.u32(at + 4), size: this.u32(at + 8) };
    const bits = this.u32(at + 8);
    return { name: this.text(this.u32(at)), type: this.u32(at + 4), offset: (bitfields ? bits & 0xffffff : bits) >>> 3, size: 0 };
  }
}
