import adapter from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));

/** What the app calls itself in Settings and on the wire: the release, and the commit where git can tell it. */
function buildName() {
  try {
    const commit = execFileSync('git', ['rev-parse', '--short=10', 'HEAD'], {
      cwd: new URL('.', import.meta.url),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return `${version}+${commit.toString().trim()}`;
  } catch {
    return version; // A release without its repository.
  }
}

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ out: 'build/app' }),
    // The service worker answers every deep URL with the shell of `/`, so the shell's own links must be absolute.
    paths: { relative: false },
    // src/lib/components/shell/service-worker-update registers it, after the first screen stands.
    serviceWorker: { register: false },
    version: { name: buildName() },
    prerender: { entries: ['/'], crawl: false },
    csp: {
      mode: 'hash',
      directives: {
        'default-src': ['self'],
        // The QR decoder on the gate's screen is WebAssembly.
        'script-src': ['self', 'wasm-unsafe-eval'],
        'style-src': ['self'],
        // SvelteKit's route announcer and the camera library carry style attributes.
        'style-src-attr': ['unsafe-inline'],
        'img-src': ['self', 'data:', 'blob:'],
        'media-src': ['self', 'blob:'],
        'connect-src': ['self'],
        'worker-src': ['self', 'blob:'],
        'manifest-src': ['self'],
        'object-src': ['none'],
        'base-uri': ['none'],
        'form-action': ['self'],
        // Only the header can say this one: SvelteKit sends it with each page it renders, the server with the shell.
        'frame-ancestors': ['none'],
      },
    },
  },
};
