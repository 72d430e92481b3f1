import type { AuthKeys } from '../../domain/setup/auth-values.ts';
import { parseJson } from './values.ts';

/**
 * A template for `helm get all` that prints which keys the chart itself has below `auth`, a path a line. The release keeps the
 * chart it was made from: its own values stand there untouched, whatever the values of the user take away.
 */
export const CHART_AUTH_TEMPLATE = [
  '{{ with .Release.Chart.Values.auth }}{{ range $mode, $settings := . }}',
  '{{ if eq (printf "%T" $settings) "map[string]interface {}" }}',
  '{{ printf "[%q]\\n" $mode }}',
  '{{ range $key, $_ := $settings }}{{ printf "[%q,%q]\\n" $mode $key }}{{ end }}',
  '{{ end }}{{ end }}{{ end }}',
].join('');

/** Reads what that template printed. */
export function parseChartAuth(output: string): AuthKeys {
  const modes = new Map<string, Set<string>>();
  for (const line of output.split('\n')) {
    const path = parseJson(line);
    if (!Array.isArray(path)) continue;
    const [mode, key] = path as readonly string[];
    if (mode === undefined) continue;
    const keys = modes.get(mode) ?? new Set();
    if (key !== undefined) keys.add(key);
    modes.set(mode, keys);
  }
  return modes;
}
