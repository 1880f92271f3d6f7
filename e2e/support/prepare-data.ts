import { rmSync } from 'node:fs';
import { PREPARED_DATA, startProduct } from './product';

/**
 * Playwright's global setup: a first start of the product (a Postgres from nothing, migrations, the demo: 4 s), whose data each
 * file's product begins with a copy of. Nothing in it depends on what files give their products. Answers what removes it.
 */
export default async function prepareData(): Promise<() => void> {
  const product = await startProduct();
  await product.end();
  process.env[PREPARED_DATA] = product.dataDir;
  return () => rmSync(product.dataDir, { recursive: true, force: true });
}
