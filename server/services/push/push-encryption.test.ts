import { describe, expect, it } from 'vitest';
import { arePushKeys, encryptPush, PUSH_PAYLOAD_MAX } from './push-encryption';
import { createTestReceiver } from './testing-push-service';

const bytes = (base64url: string) => new Uint8Array(Buffer.from(base64url, 'base64url'));

/** RFC 8291, appendix A. */
const example = {
  plaintext: 'When I grow up, I want to be a watermelon',
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  privateKey: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  message:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
};

describe('encryptPush', () => {
  it('B4 writes the example of RFC 8291 byte for byte', () => {
    const random = { privateKey: bytes(example.privateKey), salt: bytes(example.salt) };
    const body = encryptPush(new TextEncoder().encode(example.plaintext), example, random);
    expect(Buffer.from(body).toString('base64url')).toBe(example.message);
  });

  it('B4 is readable for the subscription alone, up to the longest payload', () => {
    const [phone, stranger] = [createTestReceiver(), createTestReceiver()];
    const payload = new Uint8Array(PUSH_PAYLOAD_MAX).fill(7);
    const body = encryptPush(payload, phone.keys);
    expect(body.length).toBeLessThanOrEqual(4096);
    expect(phone.decrypt(body)).toEqual(payload);
    expect(() => stranger.decrypt(body)).toThrow();
    expect(encryptPush(payload, phone.keys)).not.toEqual(body);
    expect(() => encryptPush(new Uint8Array(PUSH_PAYLOAD_MAX + 1), phone.keys)).toThrow(RangeError);
  });
});

describe('arePushKeys', () => {
  it('B4 takes a point of the curve and 16 bytes, and nothing else', () => {
    const { p256dh, auth } = example;
    expect(arePushKeys({ p256dh, auth })).toBe(true);
    expect(arePushKeys({ p256dh: `${p256dh.slice(0, -3)}AAA`, auth })).toBe(false);
    expect(arePushKeys({ p256dh: p256dh.slice(0, 40), auth })).toBe(false);
    expect(arePushKeys({ p256dh: '', auth })).toBe(false);
    expect(arePushKeys({ p256dh, auth: 'short' })).toBe(false);
  });
});
