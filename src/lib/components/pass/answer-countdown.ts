/** For how long an answer to a guard's question is shown, milliseconds: the guard is standing there. */
export const ANSWER_SHOWN_FOR = 120_000;

/** `1:58`: what is left of `milliseconds`, in minutes and seconds, rounded up; never below `0:00`. */
export function countdownWords(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`;
}

/** What to say to a code that is no guard's question: what it is instead, and what to point at. */
export function notAskedWords(text: string): string {
  if (text.startsWith('UC1C:')) return 'This question cannot be read. Ask the guard to show it again.';
  if (text.startsWith('UC1:')) return 'That is a pass, not a guard’s question. Point at the guard’s screen.';
  if (text.startsWith('UC1S:')) return 'That is for another guard. Ask for the question for your pass.';
  return 'That is no guard’s question. Point at the code on the guard’s screen.';
}
