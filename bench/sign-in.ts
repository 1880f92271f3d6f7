import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { DEMO_PASSWORD, startProduct, type Product } from '../e2e/support/product';
import { createTestAuthenticator } from '../server/services/auth/testing-authenticator';
import { percentile, report } from './figures';

const resident = { email: 'resident-a@demo.undercroft.test', password: DEMO_PASSWORD };
const ROUNDS = 100;
const WARM_UP = 10;
/** ms of server time, from the last byte of the question to the last of the answer. */
const AIMS = { passkey: 50, password: 400 };

/**
 * How long the server takes to let somebody in, through HTTP on the loopback interface: by passkey (the challenge and the answer,
 * each) and by password, right and wrong.
 */
export async function benchSignIn(): Promise<void> {
  const product = await startProduct({ DEMO: '1', TRUST_PROXY: '1' });
  const agent = new Agent({ keepAlive: true });
  try {
    await measure({ product, agent });
  } finally {
    agent.destroy();
    await product.close();
  }
}

interface Setup {
  readonly product: Product;
  readonly agent: Agent;
}

async function measure(setup: Setup): Promise<void> {
  const authenticator = createTestAuthenticator(setup.product.origin);
  await enrol(setup, authenticator);
  const samples = { challenge: [], passkey: [], password: [], wrong: [] } as Record<string, number[]>;
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const note = (name: string, { milliseconds }: Answer) => {
      if (round >= 0) samples[name]!.push(milliseconds);
    };
    const asked = await post(setup, 'auth.passkeySignInOptions', { input: {} });
    note('challenge', asked);
    const { challengeId, options } = asked.data as {
      challengeId: string;
      options: PublicKeyCredentialRequestOptionsJSON;
    };
    const answer = { challengeId, response: authenticator.get(options) };
    note('passkey', await post(setup, 'auth.passkeySignIn', { input: answer }));
    note('password', await post(setup, 'auth.signIn', { input: resident }));
    // Another account each time: ten wrong ones close one.
    const email = `${randomBytes(6).toString('hex')}@example.test`;
    const stranger = { email, password: 'wrong horse' };
    note('wrong', await post(setup, 'auth.signIn', { input: stranger, expected: 401 }));
  }
  const line = (name: string, of: readonly number[], aim?: number) =>
    report(`sign-in: ${name}`, {
      'p50 ms': percentile(of, 0.5),
      'p99 ms': percentile(of, 0.99),
      ...(aim !== undefined && { limit: `${String(aim)} ms`, ratio: percentile(of, 0.5) / aim }),
    });
  line('the passkey’s challenge', samples['challenge']!);
  line('by passkey', samples['passkey']!, AIMS.passkey);
  line('by password', samples['password']!, AIMS.password);
  line('an unknown e-mail', samples['wrong']!, AIMS.password);
}

async function enrol(setup: Setup, authenticator: ReturnType<typeof createTestAuthenticator>): Promise<void> {
  const { cookie } = await post(setup, 'auth.signIn', { input: resident });
  const asked = await post(setup, 'auth.passkeyRegisterOptions', { input: {}, cookie });
  const { challengeId, options } = asked.data as {
    challengeId: string;
    options: PublicKeyCredentialCreationOptionsJSON;
  };
  const made = { challengeId, response: authenticator.create(options), name: 'Bench' };
  await post(setup, 'auth.passkeyRegister', { input: made, cookie });
}

interface Answer {
  readonly data: unknown;
  readonly cookie: string;
  readonly milliseconds: number;
}

/** One call, each from another household, so that no limit is measured. */
async function post(
  { product, agent }: Setup,
  procedure: string,
  { input, expected = 200, cookie = '' }: { input: object; expected?: number; cookie?: string },
): Promise<Answer> {
  const text = JSON.stringify(input);
  const address = [...randomBytes(4)].map((byte) => 1 + (byte % 223)).join('.');
  const began = performance.now();
  return await new Promise((resolve, reject) => {
    const call = request(
      `${product.origin}/trpc/${procedure}`,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address, cookie },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const milliseconds = performance.now() - began;
          const body = Buffer.concat(chunks).toString();
          if (response.statusCode !== expected) return reject(new Error(`${procedure}: ${body}`));
          const { result } = JSON.parse(body) as { result?: { data: unknown } };
          const issued = response.headers['set-cookie']?.at(-1)?.split(';')[0] ?? '';
          resolve({ data: result?.data, cookie: issued, milliseconds });
        });
      },
    );
    call.on('error', reject);
    call.end(text);
  });
}
