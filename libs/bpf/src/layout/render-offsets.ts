import { BpfObject } from '../libbpf/bpf-object.js';
import { objectPath } from '../objects.js';

/** Which structs each object shares with TypeScript. */
const SHARED = {
  tap: ['tuple', 'key4', 'key6', 'flow', 'flow4', 'flow6', 'event', 'tap_stats'],
  drop: ['drop_slot', 'drop_count', 'drop_stats'],
} as const;

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The text of offsets.generated.ts, from the BTF of the built objects. Needs no rights, but `make -C libs/bpf/c` first. */
export function renderOffsets(): string {
  const lines = [
    '// Generated from BTF by `npm run gen-offsets -w @guardpost/bpf`: do not edit. Byte offsets of the structs of c/guard.h.',
    '',
  ];
  for (const name of ['tap', 'drop'] as const) {
    const object = new BpfObject(objectPath(name));
    for (const struct of SHARED[name]) {
      const { size, members } = object.btf.struct(struct);
      const fields = Object.entries(members).map(([field, offset]) => `${camel(field)}: ${offset}`);
      lines.push(`export const ${struct.toUpperCase()} = { size: ${size}, ${fields.join(', ')} } as const;`);
    }
    object.close();
  }
  return `${lines.join('\n')}\n`;
}
