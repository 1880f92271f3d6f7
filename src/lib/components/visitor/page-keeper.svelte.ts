/** Whether the page itself is on this phone, so that it opens without signal. `never`: the browser has no service workers. */
export type PageKeeping = 'kept' | 'not_yet' | 'never';

/** What a service worker's container is asked; of `navigator.serviceWorker`. */
export type Workers = Pick<ServiceWorkerContainer, 'controller' | 'addEventListener' | 'removeEventListener'>;

/** Watches whether the service worker has taken the page: from then on it opens without any network. */
export class PageKeeper {
  readonly #workers: Workers | undefined;
  #state = $state<PageKeeping>('not_yet');

  /** `workers` is undefined in a browser without them, in some private windows, and on a page that came by plain http. */
  constructor(workers: Workers | undefined) {
    this.#workers = workers;
    this.#look();
  }

  get state(): PageKeeping {
    return this.#state;
  }

  /** Follows until the returned function is called. */
  watch(): () => void {
    const look = (): void => this.#look();
    this.#workers?.addEventListener('controllerchange', look);
    look();
    return () => this.#workers?.removeEventListener('controllerchange', look);
  }

  #look(): void {
    this.#state = this.#workers ? (this.#workers.controller ? 'kept' : 'not_yet') : 'never';
  }
}
