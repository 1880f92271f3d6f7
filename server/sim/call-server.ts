/** A call of the simulation's own, past all faults. @throws when the server says no */
export async function callServer<T>(
  origin: string,
  token: string | null,
  procedure: string,
  input: object,
): Promise<T> {
  const response = await fetch(`${origin}/trpc/${procedure}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: `undercroft=${token ?? ''}` },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${procedure} answered ${String(response.status)}: ${text}`);
  return (JSON.parse(text) as { result: { data: T } }).result.data;
}
