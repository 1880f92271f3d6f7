import { chromium, expect, type BrowserContext, type Page } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BROWSER_ARGUMENTS, browserPath } from './browser';
import { fakeCameraArguments } from './fake-camera';
import { copyInstalledProfile } from './installed-profile';
import { DEMO_PASSWORD, type Product } from './product';

/** Of everybody whom `Device.register` registers. */
export const REGISTERED_PASSWORD = 'a-password-long-enough';

export interface DeviceOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly viewport?: { width: number; height: number };
  /** A film (mjpeg or y4m) that the camera plays. */
  readonly camera?: string;
  /** The browser has never been here: it has to fetch the app. */
  readonly isFresh?: boolean;
}

/** A phone: a browser profile of its own that survives being closed. */
export class Device {
  #context: BrowserContext | null = null;
  readonly #profile = mkdtempSync(join(tmpdir(), 'undercroft-profile-'));

  private constructor(
    readonly product: Product,
    private options: DeviceOptions,
  ) {}

  /** A phone with the app installed and nobody signed in, its browser open. */
  static async open(product: Product, options: DeviceOptions = {}): Promise<Device> {
    const device = new Device(product, options);
    if (!options.isFresh) await copyInstalledProfile(product.origin, device.#profile);
    await device.launch();
    return device;
  }

  get context(): BrowserContext {
    if (!this.#context) throw new Error('the browser of this device is closed');
    return this.#context;
  }

  get page(): Page {
    return this.context.pages()[0]!;
  }

  /** Opens the browser on the same profile: after `quit`, a cold start. */
  async launch(options: DeviceOptions = this.options): Promise<void> {
    this.options = options;
    this.#context = await chromium.launchPersistentContext(this.#profile, {
      ...browserPath(),
      viewport: options.viewport ?? { width: 390, height: 844 },
      colorScheme: options.colorScheme ?? 'light',
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      baseURL: this.product.origin,
      serviceWorkers: 'allow',
      permissions: options.camera === undefined ? [] : ['camera'],
      args: [
        ...BROWSER_ARGUMENTS,
        ...(options.camera === undefined ? [] : fakeCameraArguments(options.camera)),
      ],
    });
    // Without these an action on something that never comes waits for the whole test's time, and nothing says which.
    this.context.setDefaultTimeout(20_000);
    this.context.setDefaultNavigationTimeout(30_000);
    if (this.context.pages().length === 0) await this.context.newPage();
  }

  /** Closes the browser; the profile stays. */
  async quit(): Promise<void> {
    await this.#context?.close();
    this.#context = null;
  }

  async close(): Promise<void> {
    await this.quit();
    rmSync(this.#profile, { recursive: true, force: true });
  }

  async offline(isOffline: boolean): Promise<void> {
    await this.context.setOffline(isOffline);
  }

  /**
   * Signs in with a demo account's password and waits until the first load is on the device. By a call of its own: how a
   * person signs in is passkeys.spec's matter, and half of this suite's time was typing on that screen.
   */
  async signIn(account: 'resident-a' | 'resident-b' | 'guard' | 'manager'): Promise<void> {
    await this.#enter('auth.signIn', { email: `${account}@demo.undercroft.test`, password: DEMO_PASSWORD });
  }

  /** Registers a new resident with a password and no passkey. */
  async register(name: string): Promise<void> {
    const email = `${name.toLowerCase().replaceAll(' ', '-')}@demo.undercroft.test`;
    await this.#enter('auth.register', { name, email, password: REGISTERED_PASSWORD });
  }

  async #enter(procedure: string, input: object): Promise<void> {
    const answer = await this.context.request.post(`/trpc/${procedure}`, { data: input });
    expect(answer.ok(), await answer.text()).toBe(true);
    await this.page.goto('/');
    await this.untilSynced();
  }

  /** Waits until the strip says that the device is online and nothing waits. */
  async untilSynced(): Promise<void> {
    await expect(this.page.getByTestId('connection')).toHaveText('Up to date');
  }

  /** Waits until the service worker controls the page: from then on a cold start needs no network. */
  async untilInstalled(): Promise<void> {
    await this.page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, {
      timeout: 30_000,
    });
  }
}
