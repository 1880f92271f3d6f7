import type { Row } from '#shared/protocol/rows';
import type { AppCore } from './app-core';
import { removedAt } from './device-views';

/** X1: the member's passes, and the holder key by which this device shows them. */
export class PassState {
  readonly #core: AppCore;

  constructor(core: AppCore) {
    this.#core = core;
  }

  get all(): readonly Row<'pass'>[] {
    return this.#core.base().pass;
  }

  /** base64url of the compressed point, 33 bytes; null until it is made and where there is no WebCrypto. */
  get holderKey(): { readonly publicKey: string } | null {
    const publicKey = this.#core.publicKey();
    return publicKey === null ? null : { publicKey };
  }

  /** B5: when the member gave this device up, ms since 1970: it holds no pass any more. Null in good standing. */
  get removedAt(): number | null {
    const own = { clientId: this.#core.meta().clientId ?? '', holderKey: this.#core.publicKey() };
    return removedAt(this.#core.base().holder_key, own);
  }

  /** X1: moves one reservation's pass to this device; null takes what no device holds. */
  async bind(reservationId: string | null): Promise<void> {
    const holderKey = this.#core.publicKey();
    if (holderKey === null) throw new Error('the holder key has not been made yet');
    await this.#core.wish({ op: 'pass.bind@1', args: { holderKey, reservationId } }, null);
  }

  /** ES256 by the holder key: 64 bytes r‖s. */
  async signHolderProof(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return this.#core.device().sign(bytes);
  }

  /** The `ctr` for the next redraw of a live pass. */
  async nextShowCounter(): Promise<number> {
    return this.#core.device().nextShowCounter();
  }
}
