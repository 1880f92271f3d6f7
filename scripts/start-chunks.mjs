const PAGES = 'src/routes/';

/**
 * A Vite plugin: what every start of the app loads comes as few files, not as the hundred that its modules would be shared
 * out to by who imports them. A phone that starts without signal asks its service worker for each file by itself, and each is
 * compressed by itself: 52 files of the start screen were 11 KB more than one.
 *
 * `framework` is what changes with a dependency only; `start` is the layout and what it imports; `device` is what opens the
 * database, which nobody needs who is signed out; `home` is the start screen, whose parts other screens show, too.
 *
 * @returns {import('vite').Plugin}
 */
export function startChunks() {
  /** @type {((id: string) => string | null) | null} */
  let chunkOf = null;
  return {
    name: 'undercroft-start-chunks',
    apply: 'build',
    config(_config, { isSsrBuild }) {
      if (isSsrBuild) return;
      const belongs = (id, graph) => (chunkOf ??= chunksOf(graph))(id);
      // In their order: a group takes what its modules import with it, but for what an earlier one has.
      const groups = ['framework', 'start', 'device', 'home'].map((chunk, index, all) => ({
        name: (id, graph) => (belongs(id, graph) === chunk ? chunk : null),
        priority: all.length - index,
      }));
      return { build: { rolldownOptions: { output: { codeSplitting: { groups } } } } };
    },
  };
}

/** Which of the chunks a module belongs to; null leaves it to who imports it. */
function chunksOf(graph) {
  const root = process.cwd().replaceAll('\\', '/');
  const start = importedBy(graph, [
    `${root}/node_modules/@sveltejs/kit/src/runtime/client/entry.js`,
    `${root}/.svelte-kit/generated/client-optimized/app.js`,
    `${root}/${PAGES}+layout.svelte`,
    `${root}/${PAGES}+error.svelte`,
  ]);
  const device = importedBy(graph, [`${root}/src/lib/state/device.ts`]);
  const home = importedBy(graph, [`${root}/${PAGES}+page.svelte`]);
  return (id) => {
    if (start.has(id)) return id.includes('/node_modules/') ? 'framework' : 'start';
    if (device.has(id)) return 'device';
    return home.has(id) ? 'home' : null;
  };
}

/** All that comes with these modules, without the first two of the start, which are files of their own. */
function importedBy(graph, roots) {
  const found = new Set();
  const waiting = [...roots];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    waiting.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  for (const id of roots) if (/\/(entry|app)\.js$/.test(id)) found.delete(id);
  return found;
}
