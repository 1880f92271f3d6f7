import type { IssuedLink, IssuedSheet } from '$lib/auth/joining';

/** What has just been issued: secrets are shown now and never again. */
export type Made =
  | { readonly way: 'email'; readonly email: string }
  | ({ readonly way: 'link' } & IssuedLink)
  | ({ readonly way: 'sheet' } & IssuedSheet);
