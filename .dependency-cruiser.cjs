/**
 * The import rules of ARCHITECTURE.md, as checks. The rooms stand in the order of the data;
 * a room may import from those before it, never from those after it.
 */
const rooms = [
  'event',
  'image',
  'score',
  'decision',
  'label',
  'notice',
  'queue',
  'curate',
  'mine',
  'http',
];

const noLookingAhead = rooms.map((room, index) => ({
  name: `${room}-looks-only-back`,
  comment: `src/${room} may import ids, faults, canonical-json and the rooms before it.`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: {
    path: '^src/',
    pathNot: [
      '^src/(ids|faults|canonical-json)\\.ts$',
      ...rooms.slice(0, index + 1).map((earlier) => `^src/${earlier}/`),
      // Measurements of the process itself; it imports no room.
      ...(['mine', 'http'].includes(room) ? ['^src/telemetry/'] : []),
    ],
  },
}));

const vendors = {
  kafka: '(kafkajs|@kafkajs/|avsc|snappyjs|lz4|zstd)',
  onnx: 'onnxruntime',
  mongo: 'mongodb',
  sqlite: '@libsql',
  '(fetch|tools)': '(undici|ipaddr\\.js)',
  oidc: 'jose',
};

const oneVendorEach = Object.entries(vendors).map(([adapter, vendor]) => ({
  name: `only-${adapter.replace(/\W/g, '-')}-imports-its-sdk`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/adapters/${adapter}/` },
  to: { path: `node_modules/${vendor}` },
}));

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...noLookingAhead,
    ...oneVendorEach,
    {
      name: 'ids-and-faults-import-nothing',
      severity: 'error',
      from: { path: '^src/(ids|faults)\\.ts$' },
      to: {},
    },
    {
      name: 'only-image-imports-sharp',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/image/' },
      to: { path: 'node_modules/sharp' },
    },
    {
      name: 'adapters-do-not-import-each-other',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'only-the-composition-imports-adapters',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(adapters|cli)/|^src/main\\.ts$' },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'only-the-composition-imports-config',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(config|cli)/|^src/main\\.ts$' },
      to: { path: '^src/config/' },
    },
    {
      name: 'the-client-imports-nothing-of-the-server',
      comment: 'It is published on its own, and runs in browsers too.',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/|^node:', pathNot: '^src/client/' },
    },
    {
      name: 'only-the-composition-uses-the-client',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(client|cli)/' },
      to: { path: '^src/client/' },
    },
    {
      name: 'telemetry-imports-no-room',
      severity: 'error',
      from: { path: '^src/telemetry/' },
      to: { path: '^src/', pathNot: '^src/(telemetry/|ids\\.ts|faults\\.ts)' },
    },
    {
      name: 'source-does-not-import-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(test|bench|scripts)/|\\.test\\.ts$' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    exclude: { path: '\\.test\\.ts$' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
