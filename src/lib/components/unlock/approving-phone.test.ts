import { describe, expect, it, vi } from 'vitest';
import type { UnlockView } from '#shared/protocol/unlock';
import type { AuthFailure, AuthResult } from '$lib/auth/auth-failure';
import { ApprovingPhone, readUnlockLink } from './approving-phone.svelte';

const view: UnlockView = {
  requestId: '0199a4e0-0000-7000-8000-000000000001',
  browser: 'Firefox on Windows',
  place: '',
  sameNetwork: true,
  createdAt: 1000,
  expiresAt: 121_000,
  serverNow: 21_000,
  numbers: [17, 42, 88],
};
const failed = (code: AuthFailure['code']) =>
  ({ ok: false, failure: { code, sentence: 'No', next: '' } }) as const;
const ok = <T>(value: T): AuthResult<T> => ({ ok: true, value });

function open(answers: { waiting?: readonly UnlockView[]; approve?: AuthResult<unknown> | null } = {}) {
  const options = {
    find: vi.fn((code: string) =>
      Promise.resolve(code === 'K7QM4XRT' ? ok(view) : failed('unlock_not_found')),
    ),
    waiting: vi.fn(() => Promise.resolve(ok(answers.waiting ?? []))),
    approve: vi.fn(() => Promise.resolve(answers.approve === undefined ? ok({}) : answers.approve)),
    refuse: vi.fn(() => Promise.resolve(ok({}))),
    now: () => 5_000_000,
  };
  return { phone: new ApprovingPhone(options), options };
}

describe('readUnlockLink', () => {
  it('B2 reads the links of a QR code and of a notification, and nothing else', () => {
    expect(readUnlockLink('#K7QM4XRT')).toEqual({ code: 'K7QM4XRT' });
    expect(readUnlockLink(`#request=${view.requestId}`)).toEqual({ requestId: view.requestId });
    for (const other of ['', '#', '#K7QM', '#request=1', '#javascript:alert(1)'])
      expect(readUnlockLink(other)).toBeNull();
  });
});

describe('ApprovingPhone', () => {
  it('B2 follows a scanned code, shows how old it is and what is left, and lets it in', async () => {
    const { phone, options } = open();
    await phone.open({ code: 'K7QM4XRT' });
    expect(phone.view).toEqual(view);
    expect([phone.age, phone.left]).toEqual([20_000, 100_000]);
    await phone.approve(42);
    expect(options.approve).toHaveBeenCalledExactlyOnceWith(
      { requestId: view.requestId, code: 'K7QM4XRT' },
      42,
    );
    expect(phone.answered).toBe('approved');
  });

  it('B2 takes a typed code as people type it, and says when there is none', async () => {
    const { phone } = open();
    await phone.find(' k7qm-4xrt ');
    expect(phone.view).toEqual(view);
    await phone.find('AAAA-BBBB');
    expect([phone.view, phone.failure?.code]).toEqual([null, 'unlock_not_found']);
  });

  it('B2 finds who asks for this account by name; that nobody does is no failure', async () => {
    const asked = open({ waiting: [view] });
    await asked.phone.open(null);
    await asked.phone.refuse();
    expect(asked.options.refuse).toHaveBeenCalledWith({ requestId: view.requestId, code: null });
    expect(asked.phone.answered).toBe('refused');
    const quiet = open();
    await quiet.phone.open(null);
    expect([quiet.phone.view, quiet.phone.failure]).toEqual([null, null]);
    // A notification that was tapped too late, though.
    await quiet.phone.open({ requestId: view.requestId });
    expect(quiet.phone.failure?.code).toBe('unlock_over');
  });

  it('B2 a wrong number ends it; a call that did not come through can be made again', async () => {
    const wrong = open({ approve: failed('unlock_wrong_number') });
    await wrong.phone.find('K7QM4XRT');
    await wrong.phone.approve(17);
    expect([wrong.phone.view, wrong.phone.failure?.code]).toEqual([null, 'unlock_wrong_number']);
    const offline = open({ approve: failed('unreachable') });
    await offline.phone.find('K7QM4XRT');
    await offline.phone.approve(42);
    expect([offline.phone.view, offline.phone.failure?.code]).toEqual([view, 'unreachable']);
  });

  it('B2 who would rather not prove who they are has answered nothing', async () => {
    const { phone } = open({ approve: null });
    await phone.find('K7QM4XRT');
    await phone.approve(42);
    expect([phone.view, phone.failure, phone.answered, phone.busy]).toEqual([view, null, null, null]);
  });
});
