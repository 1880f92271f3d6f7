import { test } from '@playwright/test';
import { Device, type DeviceOptions } from './device';
import { startProduct, type Product } from './product';

/** One product for all tests of a file, and the phones of each test. */
export interface House {
  readonly product: Product;
  /** A new phone with the browser open; closed after the test. */
  open(options?: DeviceOptions): Promise<Device>;
}

/** Starts the product before the file's first test and ends it after the last. */
export function useHouse(): House {
  let product: Product | null = null;
  const devices: Device[] = [];
  const running = (): Product => {
    if (!product) throw new Error('the product runs only inside tests');
    return product;
  };
  test.beforeAll(async () => {
    product = await startProduct();
  });
  test.afterEach(async () => {
    for (const device of devices.splice(0)) await device.close();
  });
  test.afterAll(async () => {
    await product?.close();
  });
  return {
    get product() {
      return running();
    },
    async open(options) {
      const device = await Device.open(running(), options);
      devices.push(device);
      return device;
    },
  };
}
