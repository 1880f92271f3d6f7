import { expect, it } from 'vitest';
import { elsewhereWords, lostElsewhereWords } from './sign-out-words';

it('A1 K3 says at sign-out which building what waits is for, and that it is not sent from here', () => {
  expect(elsewhereWords({ siteName: 'Rosenhof', unsent: 1 })).toBe(
    'One change waits for Rosenhof. It is sent only while that building is open.',
  );
  expect(elsewhereWords({ unsent: 3 })).toBe(
    '3 changes wait for another of your buildings. They are sent only while that building is open.',
  );
});

it('B5 says of which building changes were lost', () => {
  expect(lostElsewhereWords({ siteName: 'Rosenhof', unsent: 2 })).toBe('2 changes at Rosenhof');
  expect(lostElsewhereWords({ unsent: 1 })).toBe('One change at another of your buildings');
});
