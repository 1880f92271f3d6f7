import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

/**
 * The least that a server of pokes can be, as the peer in the bench: one LISTEN, and what it hears written to every open
 * stream. No sessions, no scopes, nothing gathered.
 */
const url = process.argv[2];
const channel = process.argv[3];
if (url === undefined || channel === undefined) throw new Error('fanout-bare URL CHANNEL');

const open = new Set<ServerResponse>();
const client = new pg.Client({ connectionString: url });
await client.connect();
client.on('notification', ({ payload }) => {
  for (const response of open) response.write(`data: ${payload ?? ''}\n\n`);
});
await client.query(`LISTEN ${channel}`);

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
  response.write('data: {"scopes":[]}\n\n');
  open.add(response);
  response.on('close', () => open.delete(response));
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
