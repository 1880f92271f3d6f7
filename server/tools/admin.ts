import { parseArgs } from 'node:util';
import { createPool } from '../db/pool';
import { migrate } from '../db/migrate';
import { systemClock } from '../platform/clock';
import { readEnvironment } from '../platform/environment';
import { newId } from '../platform/ids';
import { createAdministrators, type Administrators } from '../services/administration/administrators';
import { createSecurityLog } from '../services/security/security-log';
import { onDatabase } from './on-database';

/*
 * `npm run admin -- create EMAIL [--name NAME] [--link]`, `npm run admin -- remove EMAIL`, `npm run admin -- list`: who runs
 * the installation (E2). There is no default account and no password: `create` prints a link that opens the account once,
 * within 30 minutes. The embedded database runs for one process at a time: stop the server first, or give DATABASE_URL.
 */
const USAGE = 'npm run admin -- create EMAIL [--name NAME] [--link] | remove EMAIL | list';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string', default: 'Administrator' }, link: { type: 'boolean', default: false } },
});
const [verb, email] = positionals;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const verbs: Readonly<Record<string, ((administrators: Administrators) => Promise<void>) | undefined>> = {
  create: email === undefined ? undefined : (administrators) => create(administrators, email),
  remove: email === undefined ? undefined : (administrators) => remove(administrators, email),
  list: async (administrators) => {
    for (const { email: of, name, since } of await administrators.list())
      say(`${of}  ${name}  since ${new Date(since).toISOString().slice(0, 10)}`);
  },
};

async function create(administrators: Administrators, of: string): Promise<void> {
  const made = await administrators.create({ email: of, name: values.name, withLink: values.link });
  if (!made.ok) throw new Error(`not made: ${made.code}`);
  const { isNewAccount, isCleared, link } = made.value;
  say(`${of} runs this installation${isNewAccount ? ', with a new account' : ''}.`);
  if (isCleared)
    say('Its e-mail had never been confirmed, so its password, passkeys and second step are removed.');
  if (link === null) return say('They sign in as before. A link into the account: the same with --link.');
  say('This link opens the account once, within 30 minutes. Give it to nobody else:');
  say(link);
}

async function remove(administrators: Administrators, of: string): Promise<void> {
  if (!(await administrators.remove(of))) throw new Error(`${of} does not run this installation`);
  say(`${of} runs this installation no more; the account stays.`);
}

const deed = Object.hasOwn(verbs, verb ?? '') ? verbs[verb!] : undefined;
if (deed === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  await onDatabase(async (url) => {
    await migrate({ url });
    const pool = createPool({ url, max: 1 });
    try {
      const tools = { pool, clock: systemClock, newId };
      const { origin } = readEnvironment(process.env);
      await deed(createAdministrators({ ...tools, origin, securityLog: createSecurityLog(tools) }));
    } finally {
      await pool.end();
    }
  });
}
