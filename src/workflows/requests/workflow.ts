import type { Journal } from '../../domain/requests/journal.ts';
import type { Plan } from '../../domain/requests/plan.ts';
import type { Outcome } from '../../domain/requests/request.ts';
import type { Step } from './step.ts';

/** The world as it is, and what has to change in it. */
export interface Observation {
  readonly plan: Plan;
  /** Where there is nothing to do: looks from the outside whether that is so. */
  prove(): Promise<Outcome>;
}

/** How one request is carried out; each kind of request has one. */
export interface Workflow {
  /**
   * Observes, and plans; changes nothing.
   * @throws KastellanError where it cannot be observed, or something stands in the way: all of it in one message
   */
  observe(): Promise<Observation>;
  /** Every step, in the order in which people read them; what each needs decides when it runs. */
  steps(): Step[];
  /** What is told and stored when the last step is done. */
  outcome(journal: Journal): Outcome;
}
