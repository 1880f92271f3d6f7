import { CALL_TIMEOUT, createClient } from './client';

/** The client of this browser, at the address the app came from. */
export const trpc = createClient({
  url: '/trpc',
  fetch: (input, init) => fetch(input, init),
  timeout: CALL_TIMEOUT,
});
