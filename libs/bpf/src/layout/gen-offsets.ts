import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderOffsets } from './render-offsets.js';

/** Run compiled (dist/layout/gen-offsets.js): rewrites the committed file. */
writeFileSync(fileURLToPath(new URL('../../src/layout/offsets.generated.ts', import.meta.url)), renderOffsets());
