import type { Clock } from './clock';
import { systemClock } from './clock';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Record<string, unknown>;

/** Writes one line of JSON an entry: `{"at": ISO time, "level", "message", …fields}`. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same logger with these fields in each entry. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** Entries below this level are dropped. Default: info. */
  level?: LogLevel;
  clock?: Clock;
  /** Takes one line, with its newline. Default: warn and error go to stderr, the rest to stdout. */
  write?: (line: string, level: LogLevel) => void;
  fields?: LogFields;
}

const REDACTED = '[redacted]';
const SECRET_KEY_NAME =
  /pass(word|phrase|wd)|secret|token|cookie|authori[sz]ation|e-?mail|phone|api-?_?key|private_?key|credential(?!s?_?id)|database_?url/i;
/** Secrets that arrive inside text, such as a connection URL or an address in a driver's error message. */
const SECRETS_IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, `$1:${REDACTED}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, REDACTED],
];
const MAX_DEPTH = 6;

/** A `Logger` that keeps secrets and personal data out of what it writes (requirement A7). */
export function createLogger(options: LoggerOptions = {}): Logger {
  const clock = options.clock ?? systemClock;
  const write = options.write ?? writeToStandardStreams;
  const fields = options.fields ?? {};
  const lowest = LOG_LEVELS.indexOf(options.level ?? 'info');

  const log = (level: LogLevel, message: string, more: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    const own = { at: new Date(clock.now()).toISOString(), level, message: redactText(message) };
    // Spread twice: the first fixes the order of the keys, the second keeps a field from replacing them.
    const entry = { ...own, ...(redact({ ...fields, ...more }) as LogFields), ...own };
    write(`${JSON.stringify(entry)}\n`, level);
  };

  return {
    debug: (message, more) => log('debug', message, more),
    info: (message, more) => log('info', message, more),
    warn: (message, more) => log('warn', message, more),
    error: (message, more) => log('error', message, more),
    child: (more) => createLogger({ ...options, fields: { ...fields, ...more } }),
  };
}

/**
 * A copy that can be written as JSON: values under secret key names replaced, secrets inside text blanked, errors
 * as `{name, message, code, stack, cause}`, bytes as their length, cycles and depth cut.
 */
export function redact(value: unknown, ancestors: readonly object[] = []): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (ancestors.includes(value)) return '[circular]';
  if (ancestors.length >= MAX_DEPTH) return '[deep]';
  const path = [...ancestors, value];
  if (Array.isArray(value)) return value.map((item) => redact(item, path));
  return redactEntries(value instanceof Error ? describeError(value) : value, path);
}

function redactEntries(object: object, path: readonly object[]): LogFields {
  return Object.fromEntries(
    Object.entries(object).map(([key, item]) => [
      key,
      SECRET_KEY_NAME.test(key) ? REDACTED : redact(item, path),
    ]),
  );
}

function describeError(error: Error): LogFields {
  const code = 'code' in error ? error.code : undefined;
  return { name: error.name, message: error.message, code, stack: error.stack, cause: error.cause };
}

function redactText(text: string): string {
  return SECRETS_IN_TEXT.reduce(
    (result, [pattern, replacement]) => result.replace(pattern, replacement),
    text,
  );
}

function writeToStandardStreams(line: string, level: LogLevel): void {
  (level === 'warn' || level === 'error' ? process.stderr : process.stdout).write(line);
}
