import koffi from 'koffi';
import { BpfError, check } from './bpf-error.js';
import { Btf } from './btf.js';
import { takeLog } from './log.js';
import { mapInfo, type MapInfo } from './maps.js';
import { mapMemory, type MappedMemory } from './memory.js';
import { libbpf, type Pointer } from './native.js';

export interface LoadOptions {
  readonly maxEntries?: Readonly<Record<string, number>>;
  /** Constants by name, set before the verifier sees the program. */
  readonly constants?: Readonly<Record<string, bigint>>;
  /** Maps to take over instead of making them: name -> fd. libbpf keeps a copy of the fd. */
  readonly reuse?: ReadonlyMap<string, number>;
  /** Programs to load; all where absent. */
  readonly only?: readonly string[];
  /** BPF_PROG_TYPE_* of a program whose section name libbpf does not know. */
  readonly programTypes?: Readonly<Record<string, number>>;
}

/** One `name.bpf.o`: opened, then loaded into the kernel. */
export class BpfObject {
  private pointer: Pointer;
  private readonly sections = new Map<string, MappedMemory>();
  private loaded = false;
  readonly btf: Btf;

  /** Reads the file only. Throws BpfError with libbpf's words. */
  constructor(readonly path: string) {
    takeLog();
    this.pointer = libbpf.open(path, null);
    if (this.pointer === null) throw new BpfError(`open ${path}`, koffi.errno(), takeLog());
    const size = [0];
    const raw = libbpf.rawBtf(libbpf.objectBtf(this.pointer), size);
    this.btf = new Btf(Buffer.from(koffi.view(raw, size[0] ?? 0).slice(0)));
  }

  /** Throws BpfError with the end of the verifier's log. */
  load(options: LoadOptions = {}): this {
    takeLog();
    for (const [name, program] of this.programs()) {
      if (options.only !== undefined && !options.only.includes(name)) libbpf.setAutoload(program, false);
      const type = options.programTypes?.[name];
      if (type !== undefined) check(libbpf.setProgramType(program, type), `type of ${name}`);
    }
    for (const [name, map] of this.maps()) {
      libbpf.setPinPath(map, null);
      const entries = options.maxEntries?.[name];
      if (entries !== undefined) check(libbpf.setMaxEntries(map, entries), `max_entries of ${name}`);
      const fd = options.reuse?.get(name);
      if (fd !== undefined) check(libbpf.reuseFd(map, fd), `reuse of ${name}`);
    }
    for (const [name, value] of Object.entries(options.constants ?? {})) this.initial(name).writeBigUInt64LE(value);
    const result = libbpf.load(this.pointer);
    if (result < 0) throw new BpfError(`load ${this.path}`, -result, takeLog().slice(-4000));
    this.loaded = true;
    return this;
  }

  program(name: string): number {
    const program = libbpf.findProgram(this.pointer, name);
    if (program === null) throw new Error(`${this.path} has no program ${name}`);
    return check(libbpf.programFd(program), `fd of program ${name}`);
  }

  map(name: string): number {
    const map = this.maps().get(name);
    if (map === undefined) throw new Error(`${this.path} has no map ${name}`);
    return check(libbpf.mapFd(map), `fd of map ${name}`);
  }

  /** As the object declares them, or as they are once loaded. */
  mapShapes(): Map<string, MapInfo> {
    const shapes = [...this.maps()].map(([name, map]): [string, MapInfo] => [
      name,
      this.loaded
        ? mapInfo(libbpf.mapFd(map))
        : { type: libbpf.mapType(map), keySize: libbpf.keySize(map), valueSize: libbpf.valueSize(map), maxEntries: libbpf.maxEntries(map) },
    ]);
    return new Map(shapes);
  }

  /** The bytes of a global variable of the loaded object, shared with the kernel (.rodata may only be read). */
  global(name: string): DataView {
    const { section, offset, size } = this.locate(name);
    let memory = this.sections.get(section);
    if (memory === undefined) {
      // libbpf itself maps these at load for skeletons only.
      const [, map] = this.sectionMap(section);
      const fd = libbpf.mapFd(map);
      memory = mapMemory(fd, mapInfo(fd).valueSize, { write: section !== '.rodata' });
      this.sections.set(section, memory);
    }
    return new DataView(memory.buffer, offset, size);
  }

  /** Programs that are attached or pinned, and maps that are pinned, stay. */
  close(): void {
    for (const memory of this.sections.values()) memory.free();
    this.sections.clear();
    if (this.pointer !== null) libbpf.closeObject(this.pointer);
    this.pointer = null;
  }

  private initial(name: string): Buffer {
    const { section, offset, size } = this.locate(name);
    const length = [0n];
    const at = libbpf.initialValue(this.sectionMap(section)[1], length);
    return Buffer.from(koffi.view(at, Number(length[0])), offset, size);
  }

  private locate(name: string) {
    const found = this.btf.global(name);
    if (found === undefined) throw new Error(`${this.path} has no global ${name}`);
    return found;
  }

  private sectionMap(section: string): [string, Pointer] {
    const found = [...this.maps()].find(([name]) => name.endsWith(section));
    if (found === undefined) throw new Error(`${this.path} has no section ${section}`);
    return found;
  }

  private maps(): Map<string, Pointer> {
    const maps = new Map<string, Pointer>();
    for (let map = libbpf.nextMap(this.pointer, null); map !== null; map = libbpf.nextMap(this.pointer, map))
      maps.set(libbpf.mapName(map), map);
    return maps;
  }

  private programs(): Map<string, Pointer> {
    const programs = new Map<string, Pointer>();
    for (let p = libbpf.nextProgram(this.pointer, null); p !== null; p = libbpf.nextProgram(this.pointer, p))
      programs.set(libbpf.programName(p), p);
    return programs;
  }
}
