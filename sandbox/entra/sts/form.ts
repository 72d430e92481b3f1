/** A form or a query, as it came in: nothing is sure to be there. */
export type Form = Readonly<Record<string, string | undefined>>;
