import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BpfObject } from '../libbpf/bpf-object.js';
import { objectPath } from '../objects.js';
import { buildObjects } from '../testing/kernel.js';
import { renderOffsets } from './render-offsets.js';

describe('offsets.generated.ts', () => {
  it('is what the built objects say', () => {
    buildObjects();
    expect(readFileSync(new URL('./offsets.generated.ts', import.meta.url), 'utf8')).toBe(renderOffsets());
  });

  it('knows global variables by section', () => {
    buildObjects();
    const object = new BpfObject(objectPath('tap'));
    expect(object.btf.global('seed')).toMatchObject({ section: '.rodata', size: 8 });
    expect(object.btf.global('generation')).toMatchObject({ section: '.bss', size: 4 });
    expect(object.btf.global('nothing')).toBeUndefined();
    expect(() => object.btf.struct('nothing')).toThrow('BTF has no struct nothing');
    object.close();
  });

  it('names the file that is not there', () => {
    expect(() => new BpfObject('/nowhere.bpf.o')).toThrow(/open \/nowhere\.bpf\.o: ENOENT/);
  });
});
