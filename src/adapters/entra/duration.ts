const DURATION =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
// Years and months at their shortest, so that a secret never outlives what is allowed.
const DAYS = [365, 28, 7, 1, 1 / 24, 1 / 1440, 1 / 86_400];

/** An ISO 8601 duration (`P90D`) in whole days, rounded down; `undefined` for anything else. */
export function durationDays(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const days = DAYS.reduce((sum, each, index) => sum + each * Number(match[index + 1] ?? 0), 0);
  return Math.floor(days + 1e-9);
}
