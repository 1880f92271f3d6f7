import { sveltekit } from '@sveltejs/kit/vite';
import { SvelteKitPWA } from '@vite-pwa/sveltekit';
import { defineConfig } from 'vite';
import { apiPlugin } from './server/http/vite-api-plugin';
import { startChunks } from './scripts/start-chunks.mjs';
import svelteConfig from './svelte.config.js';

export default defineConfig(({ command }) => ({
  plugins: [
    sveltekit(),
    apiPlugin(),
    startChunks(),
    SvelteKitPWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'service-worker.ts',
      injectRegister: false,
      // static/manifest.webmanifest is written by hand.
      manifest: false,
      injectManifest: {
        globPatterns: ['client/**/*.{js,css,png,svg,woff2,webmanifest,wasm}', 'prerendered/**/*.{html,json}'],
        // The QR decoder's wasm has to be there for a guard without signal.
        maximumFileSizeToCacheInBytes: 4 * 1024 * 1024,
      },
      // A service worker in development would serve yesterday's modules.
      devOptions: { enabled: false },
    }),
  ],
  define: {
    // What pushes and pulls call this build; the same name as in Settings.
    'import.meta.env.VITE_BUILD': JSON.stringify(svelteConfig.kit?.version?.name ?? 'dev'),
    // workbox reads it, in the worker too
    ...(command === 'build' ? { 'process.env.NODE_ENV': JSON.stringify('production') } : {}),
  },
}));
