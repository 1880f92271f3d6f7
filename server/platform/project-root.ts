import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of the checkout (or of the image): the nearest one above this module that holds `migrations/` and a
 * package.json. The module moves when it is bundled (server/platform → build/server), so no fixed depth would do.
 */
export function findProjectRoot(from: string = dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'migrations')) && existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder))
      throw new Error(`No folder above ${from} holds migrations/ and package.json`);
  }
}
