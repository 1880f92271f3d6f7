import { parseArgs } from 'node:util';
import { findOrInstallBrowser } from '../scripts/browser.mjs';
import { benchArbiter } from './arbiter';
import { benchAvailability } from './availability';
import { benchColdStart } from './cold-start';
import { benchFanout } from './fanout';
import { benchFirstLoad } from './first-load';
import { benchGate } from './gate';
import { benchLendingRules } from './lending-rules';
import { benchLiveUpdate } from './live-update';
import { benchPull } from './pull';
import { benchPush } from './push';
import { benchRace } from './race';
import { benchReminders } from './reminders';
import { benchScan } from './scan';
import { benchSignIn } from './sign-in';
import { benchVerify } from './verify';
import { benchWaitlist } from './waitlist';

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    // Of the race: `npm run race -- --clients 50 --rounds 10`.
    clients: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '25' },
    // Of the scan, three times as many of the combined: `npm run bench -- scan --frames 4`.
    frames: { type: 'string', default: '20' },
    // Of the gate: `npm run bench -- gate --minutes 1`.
    minutes: { type: 'string', default: '5' },
  },
});

/** Every benchmark by its name: `npm run bench` runs all, `npm run bench -- verify arbiter` the named ones. */
const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  verify: benchVerify,
  arbiter: benchArbiter,
  pull: benchPull,
  availability: benchAvailability,
  fanout: benchFanout,
  race: () => benchRace({ clients: Number(values.clients), rounds: Number(values.rounds) }),
  live: benchLiveUpdate,
  load: benchFirstLoad,
  start: benchColdStart,
  scan: () => benchScan({ framesPerKind: Number(values.frames) }),
  'sign-in': benchSignIn,
  push: benchPush,
  reminders: benchReminders,
  lending: benchLendingRules,
  waitlist: benchWaitlist,
  gate: () => benchGate({ minutes: Number(values.minutes) }),
};

const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(2);
}
const withBrowser = new Set(['live', 'load', 'start', 'gate']);
const wanted = names.length > 0 ? names : Object.keys(benchmarks);
// Found as `npm run bench` finds it, so that after a build this file also runs by itself.
if (wanted.some((name) => withBrowser.has(name)) && process.env['CHROMIUM_PATH'] === undefined) {
  const browser = await findOrInstallBrowser();
  if (browser === undefined) process.exit(1);
  process.env['CHROMIUM_PATH'] = browser;
}
for (const name of wanted) {
  console.log(`\n── ${name} ──`);
  await benchmarks[name]!();
}
