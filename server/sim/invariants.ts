/** What must always hold, by id: docs/invariants.md has the reasons, the files *-invariants.ts the checks. */
export const invariants = {
  I1: 'active reservations of a slot never overlap',
  I2: 'an active reservation of an owned slot lies inside what its owner lends',
  I3: 'the entries of every movement sum to zero',
  I4: 'every balance is the sum of its entries and, but for issuance, never negative',
  I5: 'there is one outcome a client and seq, and no gap up to the last seq',
  I6: 'an outcome is told again word for word',
  I7: 'when all is quiet every copy is what a fresh pull gives, and the prediction adds nothing',
  I8: 'no wish that was stored is lost, and no outcome that was told',
  I9: 'no fault of the surroundings looks like a bug, and no sound wish is put aside',
  I10: 'a reservation has one valid pass at most, and its second use is told of the first',
  I11: 'what was paid for a reservation, less what came back, is what it costs',
  I12: 'every scan journal is whole on the server, and no fault of the surroundings looks like tampering with it',
  I13: 'a free slot goes to who has waited longest of those who could take it, and nobody waits for what is free',
  I14: 'an offer is one hold for one place in line, and both end together',
  I15: 'a price that was agreed does not change while slot and window stay',
  I16: 'a payment is credited once, however often and in whatever order it is told, and the site’s sum stays zero',
  I17: 'a slot lends what was opened and its rules give, less what was taken back',
  I18: 'everything is told once, of what is there, to whom it concerns',
} as const;

export type InvariantId = keyof typeof invariants;
