import { describe, expect, it } from 'vitest';
import { eventOf, transitions, type ConnectionEvent, type ConnectionState } from './connection';

const states: ConnectionState[] = ['connecting', 'online', 'offline', 'paused', 'left', 'update_needed'];
const events: ConnectionEvent[] = [
  'succeeded',
  'failed',
  'session_refused',
  'membership_refused',
  'build_refused',
  'signed_in',
  'network_lost',
  'network_back',
];

describe('connection', () => {
  it('goes from every state by every event to the state of the table', () => {
    const table = states.map((state) =>
      [state, ...events.map((event) => transitions[state][event])].join(' '),
    );
    expect(table).toEqual([
      'connecting online offline paused left update_needed connecting offline connecting',
      'online online offline paused left update_needed connecting offline online',
      'offline online offline paused left update_needed connecting offline connecting',
      'paused online paused paused left update_needed connecting paused paused',
      'left online left paused left update_needed connecting left left',
      'update_needed online update_needed paused left update_needed update_needed update_needed update_needed',
    ]);
  });

  it('only a sign-in or a pass that gets through ends a pause', () => {
    const ends = events.filter(
      (event) => !['paused', 'left', 'update_needed'].includes(transitions.paused[event]),
    );
    expect(ends).toEqual(['succeeded', 'signed_in']);
  });

  it.each([
    ['signed_out', 'session_refused'],
    ['client_foreign', 'session_refused'],
    ['no_site', 'membership_refused'],
    ['protocol_unsupported', 'build_refused'],
    ['request_invalid', 'build_refused'],
    ['unavailable', 'failed'],
    ['internal', 'failed'],
    ['a_code_of_tomorrow', 'failed'],
  ])('takes %s for %s', (code, event) => {
    expect(eventOf({ kind: 'coded', code })).toBe(event);
  });

  it('tells an answer it cannot read from none', () => {
    expect(eventOf({ kind: 'unreadable' })).toBe('build_refused');
    expect(eventOf({ kind: 'unreachable' })).toBe('failed');
  });
});
