import { fileURLToPath } from 'node:url';

/** `make -C libs/bpf/c` puts them into libs/bpf/dist: beside this file once it is compiled, and one folder over when it runs from src/. */
export const objectPath = (name: 'tap' | 'drop'): string => fileURLToPath(new URL(`../dist/${name}.bpf.o`, import.meta.url));
