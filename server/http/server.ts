import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Api } from './api';
import { setSecurityHeaders } from './security-headers';

/** What adapter-node exports as `handler`. */
export type PagesHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export interface ServerOptions {
  api: Api;
  /** The built app; null answers pages with 503 until it is built. */
  pages: PagesHandler | null;
  origin: string;
  host: string;
  /** 0: any free one. */
  port: number;
}

export interface HttpServer {
  readonly port: number;
  /** Takes no more connections, ends the streams, gives requests under way `grace` ms, then cuts what is left. */
  stop(grace: number): Promise<void>;
}

/** Proxies keep connections for 60 s; a server that closes them first makes them answer 502. */
const KEEP_ALIVE = 65_000;

/** Listens. Rejects with the system's error (`EADDRINUSE`, `EACCES`) when it cannot. */
export async function startServer(options: ServerOptions): Promise<HttpServer> {
  const { api } = options;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
    setSecurityHeaders(response, options.origin);
    if (!api.handle(request, response)) servePage(request, response, options.pages);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async stop(grace) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      api.endStreams();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), grace);
      await closed;
      clearTimeout(timer);
    },
  };
}

function servePage(request: IncomingMessage, response: ServerResponse, pages: PagesHandler | null): void {
  // The shell and its service worker must be asked for again each time; only files named by their content may be kept.
  if (!request.url?.startsWith('/_app/immutable/')) response.setHeader('cache-control', 'no-cache');
  if (!pages) return answerText(response, 503, 'The app is not built yet: npm run build');
  pages(request, response, () => answerText(response, 404, 'There is nothing here.'));
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
