import type { Plugin } from 'vite';

export declare function startChunks(): Plugin;
