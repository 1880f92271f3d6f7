/** The one prerendered page: its HTML is the shell that the service worker answers every address with. */
export const prerender = true;
