/** What could not be done, in words. */
export interface DeskProblem {
  readonly sentence: string;
  readonly next: string;
}

export const notStored: DeskProblem = {
  sentence: 'This device could not store the decision, so nothing is decided.',
  next: 'Free some storage on the device, then scan again. Until then check by eye and write it down.',
};

export const notUndone: DeskProblem = {
  sentence: 'The decision stands; it could not be taken back.',
  next: 'If the car did not go through, tell the manager: the log shows it as let through.',
};

export const notChecked: DeskProblem = {
  sentence: 'The check could not be made, so nothing is decided.',
  next: 'Scan again. If it still fails, close the app and open it again. Until then check by eye and write it down.',
};

/** Browsers keep WebCrypto, and so every signature, from such a page. */
export const notSecure: DeskProblem = {
  sentence: 'Passes cannot be checked at this address, so nothing is decided.',
  next: 'Open the app with https; ask the manager for the address. Until then check by eye and write it down.',
};

export const listNotKept: DeskProblem = {
  sentence: 'This device could not keep the other guard’s list.',
  next: 'It goes on with the one it has. Free some storage on the device, then scan the list again.',
};
