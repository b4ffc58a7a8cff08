import { defineConfig } from 'vitest/config';

// Said here, not read from the nearest tsconfig: specs are excluded there, and their decorators would be left as they are.
const oxc = { decorator: { legacy: true, emitDecoratorMetadata: true } };
// The libs' TypeScript, not their dist. `source` is a condition of each lib's `exports`. Not 'module' or 'import': vitest hands
// this list to node as --conditions, and then CommonJS packages get ESM from require().
const ssr = { resolve: { conditions: ['source', 'node'] } };

interface Part {
  readonly include: string[];
  readonly exclude?: string[];
  readonly seconds: number;
  readonly globalSetup?: string[];
}
/** Everything but `unit` stands on real parts: one file after another, each with time to start them. */
const project = (name: string, { seconds, ...part }: Part) => ({
  oxc,
  ssr,
  test: {
    ...part,
    name,
    pool: 'forks' as const,
    setupFiles: ['reflect-metadata'],
    testTimeout: seconds * 1_000,
    hookTimeout: seconds * 1_000,
    ...(name === 'unit' ? {} : { fileParallelism: false, maxWorkers: 1 }),
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', {
        include: ['{libs,apps}/*/src/**/*.spec.ts', 'test/**/*.unit.spec.ts'],
        exclude: ['**/*.root.spec.ts'],
        seconds: 30,
      }),
      project('conformance', { include: ['test/conformance/**/*.spec.ts'], seconds: 60 }),
      project('kernel', { include: ['{libs,apps}/*/src/**/*.root.spec.ts'], seconds: 120 }),
      project('lab', { include: ['test/lab/**/*.spec.ts'], seconds: 300 }),
      project('contract', {
        include: ['test/contract/**/*.spec.ts'],
        exclude: ['**/*.unit.spec.ts'],
        seconds: 120,
        globalSetup: ['test/system/global-setup.ts'],
      }),
      project('e2e', { include: ['test/e2e/**/*.spec.ts'], seconds: 180, globalSetup: ['test/system/global-setup.ts'] }),
      project('chaos', { include: ['test/chaos/**/*.spec.ts'], seconds: 1_800, globalSetup: ['test/system/global-setup.ts'] }),
    ],
  },
});
