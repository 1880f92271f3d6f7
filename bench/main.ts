import { benchColdStart } from './cold-start';
import { benchFirstLoad } from './first-load';
import { benchIntents } from './intents';
import { benchLiveUpdate } from './live-update';
import { benchRace } from './race';
import { benchVerify } from './verify';

/** Every benchmark by its name: `npm run bench` runs all, `npm run bench -- verify intents` the named ones. */
const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  verify: benchVerify,
  intents: benchIntents,
  race: benchRace,
  live: benchLiveUpdate,
  load: benchFirstLoad,
  start: benchColdStart,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(2);
}
for (const name of names.length > 0 ? names : Object.keys(benchmarks)) {
  console.log(`\n── ${name} ──`);
  await benchmarks[name]!();
}
