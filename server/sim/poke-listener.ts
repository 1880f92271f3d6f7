import type { PokeListener } from '$lib/api/sync-api';
import type { Line } from './faulty-network';

/**
 * Listens to the server's stream of pokes by fetch: Node has no EventSource. Ends with `unreachable` when the stream breaks
 * off, with the code when the server says why.
 */
export function listenForPokes(origin: string, line: Line, listener: PokeListener): () => void {
  const aborter = new AbortController();
  const listen = async (): Promise<void> => {
    if (!line.isOnline()) return listener.onEnd({ kind: 'unreachable' });
    const response = await fetch(`${origin}/trpc/sync.pokes`, {
      headers: { cookie: line.cookie(), accept: 'text/event-stream' },
      signal: aborter.signal,
    });
    if (response.status !== 200) {
      const code = codeIn(await response.text());
      return listener.onEnd(code ? { kind: 'coded', code } : { kind: 'unreachable' });
    }
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        await line.running();
        if (aborter.signal.aborted) return;
        const code = /^event: serialized-error/m.test(event) ? codeIn(event) : null;
        if (code) return listener.onEnd({ kind: 'coded', code });
        if (/"scopes":/.test(event) && line.isOnline()) listener.onPoke({ scopes: [] });
      }
    }
    listener.onEnd({ kind: 'unreachable' });
  };
  void listen().catch(() => {
    if (!aborter.signal.aborted) listener.onEnd({ kind: 'unreachable' });
  });
  return () => aborter.abort();
}

function codeIn(text: string): string | null {
  return /"undercroft":\{[^}]*"code":"([a-z_]+)"/.exec(text)?.[1] ?? null;
}
