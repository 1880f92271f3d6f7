import { startEmbeddedPostgres } from './db/embedded-postgres';
import { EmbeddedPostgresError } from './db/embedded-postgres-error';
import { MigrationError } from './db/migrate';
import { startApplication } from './http/application';
import { loadPages } from './http/load-pages';
import { startServer } from './http/server';
import { EnvironmentError, readEnvironment, type Environment } from './platform/environment';
import { hasCode } from './platform/error-code';
import { createLogger, type Logger } from './platform/logger';
import { loadSecretKey, SecretKeyError } from './platform/secret-key';
import { explainSystemError } from './platform/system-error';
import { hasSealedKeys } from './services/passes/sealed-keys';
import { describeDemoPassword, type DemoSite } from './services/demo/demo-site';

/** Milliseconds that requests under way have to finish when the process is told to end. */
const GRACE = 1_500;
/** Milliseconds after which it ends in any case; process managers kill after 5 to 10 s. */
const END_AFTER = 4_700;

/** Ends what has been started, last first, however far the start came. */
const steps: (() => Promise<void>)[] = [];
let isEnding = false;

async function start(environment: Environment, logger: Logger): Promise<void> {
  const databaseUrl = environment.databaseUrl ?? (await startOwnPostgres(environment.dataDir, logger));
  if (isEnding) return;
  const { secretKey: fromEnvironment, dataDir } = environment;
  const isAnythingSealed = () => hasSealedKeys(databaseUrl);
  const secretKey = await loadSecretKey({ fromEnvironment, dataDir, isAnythingSealed });
  const application = await startApplication({ ...environment, databaseUrl, secretKey, logger });
  if (isEnding) return;
  steps.push(() => application.close());
  const pages = await loadPages();
  const server = await startServer({ ...environment, api: application.api, pages });
  steps.push(() => server.stop(GRACE));
  printWelcome(environment, server.port, application.demo);
}

async function startOwnPostgres(dataDir: string, logger: Logger): Promise<string> {
  const starting = startEmbeddedPostgres({
    dataDir,
    log: logger,
    onLost: (error) => {
      process.stderr.write(`${error.message}\n`);
      void end(1, logger);
    },
  });
  // Before it has started: nobody else would end the server that is coming up when a signal arrives meanwhile.
  steps.push(async () => {
    const postgres = await starting.catch(() => undefined);
    await postgres?.stop();
  });
  return (await starting).url;
}

/** For a person at a terminal, so it goes around the log. */
function printWelcome(environment: Environment, port: number, demo: DemoSite | null): void {
  const isDefault = environment.origin === `http://localhost:${environment.port}`;
  const address = isDefault ? `http://localhost:${port}` : environment.origin;
  const lines = ['', `  Undercroft is running: ${address}`];
  if (demo) {
    lines.push('', '  Demo accounts:', ...demo.accounts.map(({ email, role }) => `    ${email} (${role})`));
    lines.push(`  ${describeDemoPassword(demo, environment.dataDir)}`);
  }
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

async function end(exitCode: number, logger: Logger): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  setTimeout(() => {
    logger.error('could not end cleanly in time');
    process.exit(1);
  }, END_AFTER).unref();
  let code = exitCode;
  for (const step of steps.reverse()) {
    await step().catch((error: unknown) => {
      logger.error('a step of ending failed', { error });
      code = 1;
    });
  }
  process.exit(code);
}

/** What whoever started the program can mend, without a stack; null for a bug. */
function explain(error: unknown, environment: Environment): string | null {
  if (environment.databaseUrl && (hasCode(error, 'ECONNREFUSED') || hasCode(error, 'ENOTFOUND'))) {
    return 'The database of DATABASE_URL cannot be reached.';
  }
  const isExpected =
    error instanceof EmbeddedPostgresError ||
    error instanceof MigrationError ||
    error instanceof SecretKeyError;
  return isExpected ? error.message : explainSystemError(error, environment);
}

function readEnvironmentOrExit(): Environment {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const environment = readEnvironmentOrExit();
const logger = createLogger({ level: environment.logLevel });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(0, logger));
process.on('unhandledRejection', (error) => {
  logger.error('an unhandled rejection', { error });
  process.exit(1);
});
process.on('uncaughtException', (error) => {
  logger.error('an uncaught exception', { error });
  process.exit(1);
});

start(environment, logger).catch(async (error: unknown) => {
  if (isEnding) return;
  const explanation = explain(error, environment);
  if (explanation === null) logger.error('could not start', { error });
  else process.stderr.write(`${explanation}\n`);
  await end(1, logger);
});
