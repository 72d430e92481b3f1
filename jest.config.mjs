export default {
  // What other targets unpack there has package.json files of its own.
  modulePathIgnorePatterns: ['<rootDir>/.cache'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  // The one limit: it ends what hangs, and judges nothing on a busy machine.
  testTimeout: 1_800_000,
  // Most of the time tests wait for programs they started; more at once than two would starve those.
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/slow-first.mjs',
  // Whatever a test that failed left open, nobody waits for it.
  forceExit: true,
  workerIdleMemoryLimit: '1500MB',
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
};
