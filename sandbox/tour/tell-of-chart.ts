import type { World } from '../world.ts';
import type { Transcript } from './transcript.ts';

/** Says what of K10 comes from the chart that the caller gave, and what the sandbox still plays. */
export function tellOfChart({ chart }: World, script: Transcript, archive: string): void {
  script.chapter(`K10 ${chart.version}, from ${archive}`);
  script.does(
    'The chart',
    'is the one that was given: its values, objects, Secrets, roles, bindings and checks',
  );
  script.does(
    'The client secret',
    chart.takesReference
      ? 'goes into a Secret that the chart refers to'
      : 'goes into the values of the chart, which takes no reference to a Secret',
  );
  script.does(
    'Still a stand-in',
    "are K10's services: no image of it runs, and its pods become ready without one",
  );
  script.does(
    'The sandbox',
    'plays gateway, sign-in and dashboard, from the Secrets and variables that the chart gives to auth-svc',
  );
  script.does(
    'The sandbox',
    "also plays the API groups that K10's aggregatedapis serves, as custom resources with nothing behind them",
  );
}
