/** Imports go one way: main -> app -> {slack, jobs, adapters, ops} -> {operations, workflows} -> ports -> domain. */
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

const ROOMS = ['requests', 'setup', 'access', 'secrets', 'teardown', 'status', 'audit'];
const LAYERS = ['domain', 'operations', 'workflows', 'slack'];

/**
 * A room may import `requests` and what belongs to no room. Every other arrow between two rooms of a layer stands here:
 * layer, from, to, reason. scripts/check-boundaries fails for an arrow that is listed and no longer drawn.
 */
export const ARROWS = [
  ['domain', 'requests', 'setup', 'a request is one of the kinds, and policy names their limits'],
  ['domain', 'requests', 'access', 'a request is one of the kinds'],
  ['domain', 'requests', 'secrets', 'a request is one of the kinds, and policy names their limits'],
  ['domain', 'requests', 'teardown', 'a request is one of the kinds'],
  ['domain', 'requests', 'status', 'the outcome of a set-up notes the first sign-in'],
  ['domain', 'access', 'setup', 'a grant is a membership in a group of a set-up'],
  ['domain', 'secrets', 'setup', 'a rotation replaces the secret of a set-up'],
  ['domain', 'teardown', 'setup', 'a tear-down removes what a set-up made'],
  ['operations', 'status', 'access', 'the home tab shows the grants to review'],
  ['operations', 'status', 'secrets', 'checking a cluster again checks when its secret expires'],
  ['workflows', 'requests', 'setup', 'each kind of request has its workflow'],
  ['workflows', 'requests', 'access', 'each kind of request has its workflow'],
  ['workflows', 'requests', 'secrets', 'each kind of request has its workflow'],
  ['workflows', 'requests', 'teardown', 'each kind of request has its workflow'],
  ['workflows', 'access', 'setup', 'groups and bindings of a grant are those of a set-up'],
  ['workflows', 'secrets', 'setup', 'a rotation replaces and proves the secret of a set-up'],
  ['workflows', 'teardown', 'setup', 'a tear-down removes what a set-up made'],
  ['workflows', 'teardown', 'access', 'a tear-down ends the grants on its cluster'],
  ['workflows', 'status', 'setup', 'the check of the sign-in application reads what a set-up reads'],
  ['slack', 'requests', 'access', 'each kind of request has its card'],
  ['slack', 'requests', 'secrets', 'each kind of request has its card'],
  ['slack', 'requests', 'teardown', 'each kind of request has its card'],
  ['slack', 'requests', 'status', 'a decision in the home tab updates that tab'],
  ['slack', 'access', 'status', 'a request from the home tab updates that tab'],
  ['slack', 'audit', 'access', 'the audit story names grants as their cards do'],
  ['slack', 'status', 'access', 'the home tab shows grants'],
  ['slack', 'status', 'secrets', 'the list of secrets is a question like those about status'],
  ['slack', 'teardown', 'setup', 'the tear-down form asks for clusters as the set-up form does'],
];

const roomRules = LAYERS.flatMap((layer) =>
  [...ROOMS, 'release', 'blocks'].map((room) => {
    const open = ARROWS.filter(([of, from]) => of === layer && from === room).map(([, , to]) => to);
    const own = room === 'blocks' ? [] : [room, 'requests'];
    const closed = ROOMS.filter((other) => ![...own, ...open].includes(other));
    return rule(
      `rooms-${layer}-${room}`,
      { path: `^src/${layer}/${room}/` },
      { path: `^src/${layer}/(${closed.join('|')})/` },
      'An arrow between two rooms needs its reason in ARROWS.',
    );
  }),
);

export default {
  forbidden: [
    ...roomRules,
    rule(
      'domain-top-knows-no-room',
      { path: '^src/domain/[^/]+$' },
      { path: '^src/domain/[^/]+/' },
      'What every room uses belongs to none.',
    ),
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
