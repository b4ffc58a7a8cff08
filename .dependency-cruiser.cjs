/** Which way imports may point: contracts <- intents, bpf, platform <- apps; bpf <- detect <- apps. Apps never import each other. */
const lib = (name) => `^libs/${name}/`;
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'contracts-stand-alone', severity: 'error', from: { path: lib('contracts') }, to: { path: '^(libs/(?!contracts/)|apps/)' } },
    {
      name: 'libs-know-contracts-only',
      severity: 'error',
      from: { path: '^libs/(intents|bpf|platform)/' },
      to: { path: '^(libs/(?!contracts/)|apps/)', pathNot: '^libs/$1/' },
    },
    {
      name: 'detect-knows-bpf',
      severity: 'error',
      from: { path: lib('detect') },
      to: { path: '^(libs/(?!(contracts|bpf|detect)/)|apps/)' },
    },
    {
      name: 'no-nest-below-platform',
      severity: 'error',
      from: { path: '^libs/(contracts|intents|bpf|detect)/' },
      to: { path: 'node_modules/@nestjs/' },
    },
    { name: 'apps-apart', severity: 'error', from: { path: '^apps/([^/]+)/' }, to: { path: '^apps/', pathNot: '^apps/$1/' } },
    {
      name: 'bull-in-one-place',
      severity: 'error',
      from: { pathNot: '^libs/platform/src/queue/' },
      to: { path: 'node_modules/(bull|@nestjs/bull)/' },
    },
    {
      name: 'no-deep-imports',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/(?!(index|openapi|file|testing)\\.ts)', pathNot: '^libs/$2/' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|\\.generated\\.ts$)' },
    tsConfig: { fileName: 'tsconfig.spec.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default', 'types'] },
  },
};
