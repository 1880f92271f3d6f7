import { describe, expect, it } from 'vitest';
import { errorTexts } from '#shared/protocol/errors';
import { callFailure } from './auth-failure';

function clientError(data: unknown): Error {
  return Object.assign(new Error('failed'), { name: 'TRPCClientError', data });
}

describe('A2 a failed call in words', () => {
  it('says what the server said', () => {
    const failure = callFailure(clientError({ undercroft: { code: 'credentials_wrong' } }));
    expect(failure).toMatchObject({
      code: 'credentials_wrong',
      sentence: errorTexts.credentials_wrong.sentence,
    });
  });

  it('has words for a code of a newer server', () => {
    expect(callFailure(clientError({ undercroft: { code: 'from_the_future' } }))?.code).toBe('internal');
    expect(callFailure(clientError({ undercroft: { code: 'toString' } }))?.code).toBe('internal');
  });

  it.each([[undefined], [null], [{}], [{ undercroft: null }]])('takes %j for no answer at all', (data) => {
    expect(callFailure(clientError(data))?.code).toBe('unreachable');
  });

  it('takes a part of the app that could not be fetched for no answer', () => {
    const failed = new TypeError('Failed to fetch dynamically imported module: /_app/immutable/chunks/x.js');
    expect(callFailure(failed)?.code).toBe('unreachable');
  });

  it.each([[new TypeError('x is undefined')], [new Error('a bug')], ['text']])('leaves %s alone', (error) => {
    expect(callFailure(error)).toBeUndefined();
  });
});
