import type { HandleClientError } from '@sveltejs/kit';

/** A screen failed to load or to show. The cause goes to the console; the person gets words (see +error.svelte). */
export const handleError: HandleClientError = ({ error, status, message }) => {
  if (status === 404) return { message, code: 'not_found' };
  console.error(error);
  // A part of the app that is not on this device cannot be fetched now.
  return navigator.onLine ? { message, code: 'internal' } : { message, code: 'unavailable' };
};
