import { createTransport } from 'nodemailer';
import { codeOf } from '../../platform/error-code';
import type { RenderedMail } from './render-mail';

export interface OutgoingMail extends RenderedMail {
  readonly id: string;
  readonly to: string;
}

/** How an attempt went. `reason` is a code without addresses, for the log. */
export type Delivery =
  { readonly ok: true } | { readonly ok: false; readonly isFinal: boolean; readonly reason: string };

export interface MailTransport {
  /** Hands a mail over to the server; rejects never for what a server or a network does. Ends within `SEND_TIMEOUT`. */
  send(mail: OutgoingMail): Promise<Delivery>;
  /** What is under way is given up, to be tried again by whoever comes next. */
  close(): void;
  readonly isClosed: boolean;
}

export interface SmtpOptions {
  /**
   * `smtp://user:password@host:587` (STARTTLS) or `smtps://…` (TLS from the start); nodemailer's options as query
   * parameters, such as `?requireTLS=false` for a relay on the same private network.
   */
  url: string;
  /** `Undercroft <parking@example.org>` or a bare address. */
  from: string;
}

const SECOND = 1000;
/** Milliseconds until the connection stands, until the server greets, and of silence afterwards. */
const TIMEOUTS = { connectionTimeout: 10 * SECOND, greetingTimeout: 10 * SECOND, socketTimeout: 20 * SECOND };
/** Milliseconds that an attempt lasts at most; below the time after which another process takes the mail up. */
export const SEND_TIMEOUT = 60 * SECOND;

/** Sends by SMTP. Mails hold links that open accounts, so they do not leave without TLS but to this same machine. */
export function createSmtpTransport({ url, from }: SmtpOptions): MailTransport {
  const { hostname, searchParams } = new URL(url);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  const transporter = createTransport(
    { url, ...TIMEOUTS, ...(!isLocal && !searchParams.has('requireTLS') && { requireTLS: true }) },
    { from },
  );
  const closing = new AbortController();
  const domain = /@([^\s>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';

  return {
    async send({ id, to, subject, text, html }) {
      const message = {
        // As an object: an address is never read as a list of them.
        to: { name: '', address: to },
        ...{ subject, text, html },
        // The same at each attempt, so that a mail that came twice is shown once where the mailbox can.
        messageId: `<${id}@${domain}>`,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      };
      try {
        await withinTime(transporter.sendMail(message), closing.signal);
        return { ok: true };
      } catch (error) {
        return failureOf(error);
      }
    },
    get isClosed() {
      return closing.signal.aborted;
    },
    close() {
      closing.abort();
      transporter.close();
    },
  };
}

async function withinTime(sending: Promise<unknown>, closing: AbortSignal): Promise<void> {
  let reject: (reason: Error) => void = () => undefined;
  const over = new Promise<never>((_resolve, rejectIt) => (reject = rejectIt));
  const timer = setTimeout(() => reject(new Error('the mail server takes too long')), SEND_TIMEOUT);
  timer.unref();
  const onClosing = () => reject(new Error('this server is ending'));
  closing.addEventListener('abort', onClosing);
  try {
    await Promise.race([sending, over]);
  } finally {
    clearTimeout(timer);
    closing.removeEventListener('abort', onClosing);
  }
}

/**
 * 5xx to the recipient or the message is the server's last word (RFC 5321 §4.2.1); refused credentials, a server that is
 * down, and 4xx may be otherwise later. The server's own words may hold the address, so only codes are kept.
 */
function failureOf(error: unknown): Delivery {
  const code = error instanceof Error ? codeOf(error) : undefined;
  const responseCode =
    error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
      ? error.responseCode
      : undefined;
  const isFinal =
    (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode !== undefined && responseCode >= 500;
  return { ok: false, isFinal, reason: [code ?? 'unknown', responseCode].filter(Boolean).join(' ') };
}
