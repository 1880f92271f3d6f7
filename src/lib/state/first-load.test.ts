import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** `import … from '…'` and `export … from '…'`, but for those of types alone and `import('…')`. */
const STATIC = /^(?:import|export)\s+(?!type\b)[^;]*?from\s+'([^']+)';/gm;

function fileOf(specifier: string, importer: string): string | null {
  const path = specifier.startsWith('$lib/')
    ? `src/lib/${specifier.slice(5)}`
    : specifier.startsWith('#shared/')
      ? `src/shared/${specifier.slice(8)}`
      : specifier.startsWith('.')
        ? join(dirname(importer), specifier)
        : null;
  return path === null
    ? null
    : ([path, `${path}.ts`].find((one) => /\.ts$/.test(one) && existsSync(one)) ?? null);
}

/** All that comes with this file: those of the repository by path, packages by name. */
function comesWith(start: string): Set<string> {
  const found = new Set<string>();
  const waiting = [start];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    if (!file.endsWith('.ts')) continue;
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATIC))
      waiting.push(fileOf(specifier, file) ?? specifier);
  }
  return found;
}

test('K1 the app’s state starts without the rules, the words of refusals and the database', () => {
  const start = comesWith('src/lib/state/app-state.svelte.ts');
  expect(start).toContain('src/lib/sync/pulled-rows.ts');
  for (const late of [
    'src/shared/domain/decide.ts',
    'src/shared/protocol/refusal-texts.ts',
    'dexie',
    'zod/mini',
  ])
    expect(start).not.toContain(late);
  // Who comes with the device and with the rules, so that the walk above is known to find them.
  expect(comesWith('src/lib/state/device.ts')).toContain('dexie');
  expect(comesWith('src/lib/state/refuse-locally.ts')).toContain('src/shared/domain/decide.ts');
});
