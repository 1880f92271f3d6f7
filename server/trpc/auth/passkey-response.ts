import { z } from 'zod';

/*
 * What a browser's `PublicKeyCredential.toJSON()` gives, as far as it is used; other members are dropped. Sizes are
 * bounded well above what authenticators make, since all of it comes from people who are not signed in.
 */

const base64url = z.string().regex(/^[A-Za-z0-9_-]*$/);
const credential = {
  id: base64url.min(1).max(1400),
  rawId: base64url.max(1400),
  type: z.literal('public-key'),
};

export const registrationResponseSchema = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: base64url.max(8192),
      attestationObject: base64url.max(65_536),
      transports: z.array(z.string().max(32)).max(10).default([]),
    }),
  })
  .transform((it) => ({ ...it, clientExtensionResults: {} }));

export const authenticationResponseSchema = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: base64url.max(8192),
      authenticatorData: base64url.max(8192),
      signature: base64url.max(8192),
      userHandle: base64url.max(128).default(''),
    }),
  })
  .transform((it) => ({ ...it, clientExtensionResults: {} }));
