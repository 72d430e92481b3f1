/** Imports go one way: main -> app -> {slack, jobs, adapters, ops} -> {operations, workflows} -> ports -> domain. */
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

export default {
  forbidden: [
    rule('no-circular', {}, { circular: true }, 'A cycle has no bottom to begin reading at.'),
    rule(
      'domain-is-pure',
      { path: '^src/domain' },
      { path: '^(src/(?!domain)|sandbox|test)' },
      'The domain knows nobody.',
    ),
    rule(
      'domain-does-no-io',
      { path: '^src/domain' },
      { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|util)$' },
      'No I/O in the domain.',
    ),
    rule(
      'ports-know-the-domain',
      { path: '^src/ports/' },
      { path: '^src/(?!domain|ports/)' },
      'Ports speak domain only.',
    ),
    rule(
      'core-knows-ports',
      { path: '^src/(operations|workflows)' },
      { path: '^src/(?!operations|workflows|domain|ports/)' },
      'The core knows no adapter.',
    ),
    rule(
      'workflows-below-operations',
      { path: '^src/workflows' },
      { path: '^src/operations' },
      'Operations call workflows, never the other way.',
    ),
    rule(
      'adapters-know-ports',
      { path: '^src/adapters' },
      { path: '^src/(?!adapters|domain|ports/)' },
      'Adapters know ports and domain only.',
    ),
    rule(
      'adapters-are-strangers',
      { path: '^src/adapters/([^/]+)/' },
      { path: '^src/adapters/([^/]+)/', pathNot: '^src/adapters/($1|sign-in/aadsts)' },
      "One folder per remote system; Entra's error codes serve both of its doors.",
    ),
    rule(
      'fronts-below-app',
      { path: '^src/(slack|jobs|ops|config)' },
      { path: '^src/(app|main\\.ts|adapters)' },
      'Only app/ builds adapters.',
    ),
    rule(
      'slack-and-jobs-apart',
      { path: '^src/(slack|jobs)/' },
      { path: '^src/(slack|jobs)/', pathNot: '^src/$1/' },
      'The front and the queue meet in app/.',
    ),
    rule(
      'product-knows-no-sandbox',
      { path: '^src' },
      { path: '^(sandbox|test|bench)' },
      'The product does not know that a sandbox exists.',
    ),
    rule(
      'sandbox-knows-no-product',
      { path: '^sandbox/(entra|kubernetes|slack|k10|tls|tools)' },
      { path: '^src' },
      'A stand-in that shares code with the product shares its faults.',
    ),
    rule(
      'bullmq-in-jobs',
      { path: '^src', pathNot: '^src/jobs' },
      { path: 'node_modules/bullmq' },
      'Only jobs/ knows BullMQ.',
    ),
    rule(
      'bolt-in-slack',
      { path: '^src', pathNot: '^src/(slack|adapters/slack|app)' },
      { path: 'node_modules/@slack' },
      'Only the Slack folders know Slack.',
    ),
    rule(
      'ioredis-at-the-edge',
      { path: '^src', pathNot: '^src/(jobs|adapters/redis|app)' },
      { path: 'node_modules/ioredis' },
      'Redis stays at the edge.',
    ),
    rule(
      'kubernetes-in-adapter',
      { path: '^src', pathNot: '^src/adapters/kubernetes' },
      { path: 'node_modules/@kubernetes' },
      'Only its adapter knows the Kubernetes client.',
    ),
    rule(
      'graph-in-adapter',
      { path: '^src', pathNot: '^src/adapters/entra' },
      { path: 'node_modules/(@azure|@microsoft)' },
      'Only its adapter knows Graph.',
    ),
    rule(
      'child-processes',
      { path: '^src', pathNot: '^src/adapters/(helm|redis/(embedded|orphan))' },
      { path: '(^child_process$|node_modules/execa)' },
      'Only Helm and the embedded Redis are programs we start.',
    ),
    rule(
      'instruments-in-ops',
      { path: '^src', pathNot: '^src/ops/(metrics|tracing)\\.ts$' },
      { path: 'node_modules/(@opentelemetry|@prometheus-io)' },
      'Everybody else counts and traces through the port.',
    ),
    rule(
      'no-dev-dependencies',
      { path: '^src' },
      { dependencyTypes: ['npm-dev'] },
      'The product runs without development dependencies.',
    ),
    rule(
      'no-unresolvable',
      {},
      { couldNotResolve: true, pathNot: '@microsoft/microsoft-graph-types' },
      'What cannot be resolved cannot run.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
