import type { Logger } from '../platform/logger';
import { EmbeddedPostgresError } from './embedded-postgres-error';
import type { Postmaster } from './embedded-postgres-server';

export interface SupervisedServer {
  /** The same for as long as it is supervised, whichever process listens on it. */
  readonly port: number;
  /** Ends the server, also one that is just being run again. */
  stop(): Promise<void>;
}

export interface SupervisionOptions {
  log: Logger;
  /** Starts a server on the folder and the port of one that has ended. */
  relaunch: (ended: Postmaster) => Promise<Postmaster>;
  /** Called once, when a server that ended by itself could not be run again. */
  onLost: (error: EmbeddedPostgresError) => void;
}

/** Attempts to run it again; a server that then lasts for `PROVEN_AFTER` has earned as many anew. */
const ATTEMPTS = 4;
const PROVEN_AFTER = 60_000;
/** The first is long enough for a shutdown of the whole machine, which ends Postgres first, to reach this process too. */
const PAUSES = [250, 500, 1_000, 2_000] as const;

/**
 * Runs a server again that ended by itself (kill -9, no memory left), until it is stopped on purpose. It comes back at
 * its own port, because that is where the pool goes on knocking.
 */
export function supervise(first: Postmaster, options: SupervisionOptions): SupervisedServer {
  const { log } = options;
  let current = first;
  let upSince = Date.now();
  let attempts = 0;
  let isStopping = false;
  let relaunching: Promise<void> = Promise.resolve();

  const watch = (): void => {
    void current.ended.then((how) => {
      if (isStopping) return;
      log.error('Postgres ended by itself', { pid: current.pid, ...how });
      relaunching = relaunch();
    });
  };

  const relaunch = async (): Promise<void> => {
    if (Date.now() - upSince > PROVEN_AFTER) attempts = 0;
    let reason = 'It ended again and again.';
    while (attempts < ATTEMPTS) {
      await new Promise((resolve) => setTimeout(resolve, PAUSES[attempts]));
      if (isStopping) return;
      attempts++;
      try {
        current = await options.relaunch(current);
        upSince = Date.now();
        log.info('Postgres runs again', { pid: current.pid });
        return watch();
      } catch (error) {
        log.error('Postgres could not be run again', { error, attempt: attempts });
        reason = error instanceof Error ? error.message : String(error);
      }
    }
    options.onLost(
      new EmbeddedPostgresError('lost', `Postgres ended by itself and could not be run again. ${reason}`),
    );
  };

  watch();
  return {
    port: first.port,
    async stop() {
      isStopping = true;
      await relaunching;
      await current.stop();
    },
  };
}
