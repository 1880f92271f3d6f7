/** The simulated server's SECRET_KEY: the same for every process of a run, secret of nothing. */
export const SIM_SECRET_KEY = new Uint8Array(32).fill(7);
