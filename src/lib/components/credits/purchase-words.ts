import type { Topup } from '#shared/domain/entities';

/** A purchase's state, as a person may read it. */
export const purchaseStates: Readonly<Record<Topup['state'], string>> = {
  pending: 'Not paid yet',
  paid: 'Paid',
  refunding: 'Money on its way back',
  refunded: 'Given back',
  failed: 'Not paid',
};

export const purchaseWays: Readonly<Record<Topup['method'], string>> = {
  cash: 'Cash at the desk',
  transfer: 'Bank transfer',
  online: 'Online',
};
