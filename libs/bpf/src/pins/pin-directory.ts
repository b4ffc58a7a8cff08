import { existsSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../libbpf/bpf-error.js';
import { detachClsact } from '../libbpf/links.js';
import { libbpf } from '../libbpf/native.js';
import { ensureBpffs } from './bpffs.js';

/** Of a clsact qdisc that was there before us, and stays. bpffs takes no files of ours, but folders: their names are the note. */
const CLSACT = /^clsact_(\d+)_(made|found)$/;
const LINK = /^link_(\d+)_/;

/**
 * The folder on bpffs that keeps maps and links alive without a process. Names: `map_<object>_<map>`, `link_<ifindex>_<hook>`,
 * `clsact_<ifindex>_made|found`. A dot is not allowed there.
 */
export class PinDirectory {
  constructor(readonly path: string) {
    ensureBpffs(path);
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  /** An fd, or undefined where nothing is pinned under that name. */
  open(name: string): number | undefined {
    const path = join(this.path, name);
    return existsSync(path) ? check(libbpf.openPin(path), `open pin ${path}`) : undefined;
  }

  pin(fd: number, name: string): void {
    const path = join(this.path, name);
    check(libbpf.pin(fd, path), `pin ${path}`);
  }

  unpin(name: string): void {
    const path = join(this.path, name);
    if (existsSync(path)) unlinkSync(path);
  }

  noteClsact(ifindex: number, made: boolean): void {
    // Who made it once owns it, though a later attach finds it there.
    if (!this.clsactNotes().has(ifindex)) mkdirSync(join(this.path, `clsact_${ifindex}_${made ? 'made' : 'found'}`));
  }

  /** By interface: whether the qdisc is ours. */
  clsactNotes(): Map<number, boolean> {
    const notes = this.names().map((name) => CLSACT.exec(name));
    return new Map(notes.filter((note) => note !== null).map((note) => [Number(note[1]), note[2] === 'made']));
  }

  forgetClsact(ifindex: number): void {
    const made = this.clsactNotes().get(ifindex);
    if (made !== undefined) rmdirSync(join(this.path, `clsact_${ifindex}_${made ? 'made' : 'found'}`));
  }

  /** Interfaces that something here is attached to. */
  ifindexes(): Set<number> {
    const linked = this.names().map((name) => Number(LINK.exec(name)?.[1] ?? 0));
    return new Set([...linked.filter((ifindex) => ifindex > 0), ...this.clsactNotes().keys()]);
  }

  linksOf(ifindex: number): string[] {
    return this.names().filter((name) => name.startsWith(`link_${ifindex}_`));
  }

  names(): string[] {
    return readdirSync(this.path);
  }
}

/**
 * Removes what a tracer left in `pinDir` when none runs: links (which detaches them), clsact filters of the interfaces of this network
 * namespace, maps, and the folder. Returns how many things it removed; 0 where there is no such folder.
 */
export function removePins(pinDir: string): number {
  if (!existsSync(pinDir)) return 0;
  const pins = new PinDirectory(pinDir);
  const notes = pins.clsactNotes();
  const names = pins.names().filter((name) => !CLSACT.test(name));
  for (const [ifindex, made] of notes) {
    detachClsact(ifindex, made);
    pins.forgetClsact(ifindex);
  }
  // Links before maps: nothing is dropped by a program whose list is half gone.
  for (const name of names.sort()) pins.unpin(name);
  rmdirSync(pinDir);
  return names.length + notes.size;
}
