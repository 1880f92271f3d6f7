import { describe, expect, it, vi } from 'vitest';
import { RefusalError, refusalOf } from '$lib/state/refusal';
import { callWithVerification, verifyPerson, withVerification } from './verification';
import { verificationRequest } from './verification-request.svelte';

const refusal = (code: string) => new RefusalError(refusalOf(code));

describe('withVerification', () => {
  it('K6 asks nobody when no proof is needed', async () => {
    const verify = vi.fn(() => Promise.resolve(true));
    await expect(withVerification(() => Promise.resolve(), verify)).resolves.toBe(true);
    expect(verify).not.toHaveBeenCalled();
  });

  it('K6 asks, and does again what was refused for want of a proof', async () => {
    const deed = vi.fn<() => Promise<void>>().mockRejectedValueOnce(refusal('verification_needed'));
    deed.mockResolvedValueOnce();
    await expect(withVerification(deed, () => Promise.resolve(true))).resolves.toBe(true);
    expect(deed).toHaveBeenCalledTimes(2);
  });

  it('K6 does nothing when the person would rather not', async () => {
    const deed = vi.fn<() => Promise<void>>().mockRejectedValue(refusal('verification_needed'));
    await expect(withVerification(deed, () => Promise.resolve(false))).resolves.toBe(false);
    expect(deed).toHaveBeenCalledTimes(1);
  });

  it('K6 passes on any other refusal, and a proof that was not enough', async () => {
    const used = () => Promise.reject(refusal('pass_used'));
    await expect(withVerification(used, () => Promise.resolve(true))).rejects.toMatchObject({
      code: 'pass_used',
    });
    const never = () => Promise.reject(refusal('verification_needed'));
    await expect(withVerification(never, () => Promise.resolve(true))).rejects.toMatchObject({
      code: 'verification_needed',
    });
  });
});

describe('callWithVerification', () => {
  const needed = { ok: false, failure: { code: 'verification_needed', sentence: '', next: '' } } as const;
  const done = { ok: true, value: 1 } as const;

  it('K6 asks for a proof only where one is wanted, and does it again', async () => {
    const verify = vi.fn(() => Promise.resolve(true));
    await expect(callWithVerification(() => Promise.resolve(done), verify)).resolves.toBe(done);
    expect(verify).not.toHaveBeenCalled();
    const answers = [needed, done];
    await expect(callWithVerification(() => Promise.resolve(answers.shift()!), verify)).resolves.toBe(done);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('K6 does it once when the person would rather not', async () => {
    const call = vi.fn(() => Promise.resolve(needed));
    await expect(callWithVerification(call, () => Promise.resolve(false))).resolves.toBeNull();
    expect(call).toHaveBeenCalledTimes(1);
  });
});

describe('verifyPerson', () => {
  it('K6 opens one dialog for all who ask, and answers all of them', async () => {
    expect(verificationRequest.open).toBe(false);
    const both = [verifyPerson(), verifyPerson()];
    expect(verificationRequest.open).toBe(true);
    verificationRequest.answer(true);
    await expect(Promise.all(both)).resolves.toEqual([true, true]);
    expect(verificationRequest.open).toBe(false);
    const again = verifyPerson();
    verificationRequest.answer(false);
    await expect(again).resolves.toBe(false);
  });
});
