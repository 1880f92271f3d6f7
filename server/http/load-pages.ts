import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findProjectRoot } from '../platform/project-root';
import type { PagesHandler } from './server';

/** The handler that adapter-node built, or null when there is none. The path is computed, so that no bundler follows it. */
export async function loadPages(): Promise<PagesHandler | null> {
  const path = join(findProjectRoot(), 'build', 'app', 'handler.js');
  if (!existsSync(path)) return null;
  const built = (await import(pathToFileURL(path).href)) as { handler: PagesHandler };
  return built.handler;
}
