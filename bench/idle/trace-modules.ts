// Loaded before Kastellan's own code: writes down every file that is loaded, by import and by require alike.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const urls = new Set<string>();
registerHooks({
  load(url, context, nextLoad) {
    urls.add(url);
    return nextLoad(url, context);
  },
});
process.once('exit', () => {
  const file = process.env['BENCH_MODULES'];
  if (file !== undefined) writeFileSync(file, JSON.stringify([...urls]));
});
