// What takes longest, longest first: begun last, one of them would keep everybody waiting alone.
const SLOW = [
  'integration/walk-teardown',
  'integration/faults',
  'integration/walk-fifty-clusters',
  'integration/walk-batch',
  'integration/walk-as-approved',
  'cluster/real-rights',
  'cluster/real-tour',
  'cluster/rights',
  'integration/walk-processes',
  'integration/walk-traces',
  'integration/walk-who-gets-in',
  'integration/walk-roll-back',
  'integration/walk-old-chart',
  'integration/walk-two-grants',
  'e2e/',
  'integration/walk-',
  'integration/',
  'unit/',
];

/** The order in which Jest begins test files; the short ones on a real control plane come last. */
export default class SlowFirst {
  sort(tests) {
    return tests.toSorted((one, other) => rank(one) - rank(other));
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}

function rank({ path }) {
  const found = SLOW.findIndex((part) => path.includes(`/test/${part}`));
  if (found >= 0) return found;
  return path.includes('/real-') ? SLOW.length + 1 : SLOW.length;
}
