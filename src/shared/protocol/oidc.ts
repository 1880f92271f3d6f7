/** A service that may say who somebody is. `id` stands in the callback's address. */
export interface OidcProvider {
  readonly id: string;
  readonly name: string;
}

/** Somebody who has come back from another provider in this browser and is nobody here yet. */
export interface OidcProvedView {
  readonly providerName: string;
  /** As the provider tells it; empty when it does not. */
  readonly email: string;
  readonly name: string;
}

/** An account elsewhere that signs a user in here. Times in ms since 1970. */
export interface OidcIdentityView {
  readonly issuer: string;
  readonly subject: string;
  /** Null when this server does not offer the provider any more: then it lets nobody in. */
  readonly provider: OidcProvider | null;
  readonly email: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}
