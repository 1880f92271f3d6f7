import type { DomainArgs, Op } from '#shared/domain/intent';
import type { Outcome, WireIntent } from '#shared/protocol/push';
import type { Push, SubmitResult } from '../../arbiter/push';
import type { Clock } from '../../platform/clock';

export interface SiteIntents {
  /** Asks in the name of the site itself. Rejects when there is no outcome; nothing may have been changed then, or all. */
  submit<O extends Op>(siteId: string, intent: { op: O; args: DomainArgs[O] }): Promise<Outcome>;
}

export interface SiteIntentsOptions {
  readonly arbiter: { submit(push: Push): Promise<SubmitResult> };
  readonly clock: Clock;
  readonly newId: () => string;
}

/** A site's own client in this process: like a device's, its seqs count up by one. */
interface SiteClient {
  clientId: string;
  seq: number;
  /** The intents of a site follow each other: one that overtook another would be a gap. */
  turn: Promise<unknown>;
}

/** What a site asks for by itself, on account of somebody who is nobody here. One client a site and process. */
export function createSiteIntents({ arbiter, clock, newId }: SiteIntentsOptions): SiteIntents {
  const clients = new Map<string, SiteClient>();

  async function submitNext(siteId: string, client: SiteClient, wish: Pick<WireIntent, 'op' | 'args'>) {
    const intent: WireIntent = {
      ...wish,
      seq: ++client.seq,
      id: newId(),
      deviceTime: clock.now(),
      expiresAt: null,
    };
    const push: Push = {
      siteId,
      member: { id: siteId, role: 'system', name: 'Undercroft' },
      clientId: client.clientId,
      intents: [intent],
    };
    try {
      const result = await arbiter.submit(push);
      const outcome = result.ok ? result.outcomes[0] : undefined;
      if (!outcome) throw new Error(`the site’s own intent has no outcome: ${result.ok ? '' : result.code}`);
      return outcome;
    } catch (error) {
      // Whether the server has this seq is not known: what comes next begins as a new client.
      Object.assign(client, { clientId: newId(), seq: 0 });
      throw error;
    }
  }

  return {
    submit(siteId, { op, args }) {
      const client = clients.get(siteId) ?? { clientId: newId(), seq: 0, turn: Promise.resolve() };
      clients.set(siteId, client);
      const mine = client.turn.then(() => submitNext(siteId, client, { op, args: { ...args } }));
      client.turn = mine.catch(() => undefined);
      return mine;
    },
  };
}
