import { createECDH } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { holderKeyBytes, isHolderKey } from './holder-key';

describe('holder key', () => {
  it('X1 reads what Node writes as base64url', () => {
    const ecdh = createECDH('prime256v1');
    ecdh.generateKeys();
    const key = ecdh.getPublicKey(undefined, 'compressed');
    expect(holderKeyBytes(key.toString('base64url'))).toEqual(new Uint8Array(key));
    expect(isHolderKey(key.toString('base64url'))).toBe(true);
  });

  it('X1 refuses wrong lengths, other alphabets and points off the curve', () => {
    const offCurve = Buffer.concat([Buffer.from([2]), Buffer.alloc(32, 0xff)]).toString('base64url');
    for (const text of ['', 'A'.repeat(43), 'A'.repeat(45), '+'.repeat(44), offCurve]) {
      expect(isHolderKey(text), text).toBe(false);
    }
  });
});
