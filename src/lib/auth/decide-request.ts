import { joiningApi } from '$lib/api/joining-api';
import { attempt, type AuthResult } from './auth-failure';

/** B6: lets somebody who asks in, or not. Needs signal; like account.ts it throws nothing a person can do something about. */
export function decideRequest(requestId: string, approve: boolean): Promise<AuthResult<unknown>> {
  return attempt(async () => {
    const { joining } = await joiningApi();
    return { ok: true, value: await joining.decide.mutate({ requestId, approve }) };
  });
}
