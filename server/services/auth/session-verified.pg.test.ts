import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { isSessionVerified } from './session-verified';
import { createSessions } from './sessions';
import { addUser } from './testing-people';

const clock = createSettableClock(Date.UTC(2026, 10, 22, 9));
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

it('B5 K6 a session that another process has just ended proves nothing, although this one still remembers it', async () => {
  const { pool } = database;
  const [here, elsewhere] = [createSessions({ pool, clock }), createSessions({ pool, clock })];
  const userId = await addUser(pool);
  const { token } = await here.create({ userId, by: 'password' });
  const tools = { sessions: here, clock };
  expect(await isSessionVerified(await here.validate(token), tools)).toBe(true);
  await elsewhere.endAll(userId);
  const remembered = await here.validate(token);
  expect(remembered).not.toBeNull();
  expect(await isSessionVerified(remembered, tools)).toBe(false);
});
