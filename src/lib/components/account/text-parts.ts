export interface TextPart {
  readonly text: string;
  /** An https or http address, where the part is one. */
  readonly link: string | null;
}

/** A plain text in order, its web addresses apart from the rest. */
export function textParts(text: string): TextPart[] {
  return text
    .split(/(https?:\/\/\S+)/)
    .map((part, index) => ({ text: part, link: index % 2 === 1 ? part : null }))
    .filter(({ text: part }) => part !== '');
}
