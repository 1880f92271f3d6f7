import { describe, expect, it } from 'vitest';
import { groupInvitationCode, invitationAddress, readInvitation } from './invitation';

const token = 'a'.repeat(42) + '_';

describe('readInvitation', () => {
  it.each([
    ['a token', token, token],
    ['a link', invitationAddress('https://parking.example', token), token],
    ['a code as printed', 'K7QM4-XRTAB', 'K7QM4XRTAB'],
    ['a code in small letters, with blanks', ' k7qm4 xrtab ', 'K7QM4XRTAB'],
    ['a code’s link', 'https://parking.example/join#K7QM4XRTAB', 'K7QM4XRTAB'],
  ])('A1 reads %s', (_name, text, secret) => expect(readInvitation(text)).toBe(secret));

  it.each(['', 'K7QM4-XRTA', 'K7QM4-XRTA0', 'K7QM4-XRTABC', 'https://parking.example/join', `${token}a`])(
    'A1 takes %j for nothing',
    (text) => expect(readInvitation(text)).toBeNull(),
  );

  it('A1 reads what it groups', () => {
    expect(groupInvitationCode('K7QM4XRTAB')).toBe('K7QM4-XRTAB');
    expect(readInvitation(groupInvitationCode('K7QM4XRTAB'))).toBe('K7QM4XRTAB');
  });
});
