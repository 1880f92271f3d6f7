/** The address of a visitor pass. The secret stands in the fragment, which browsers send to no server. */
export function linkAddress(origin: string, token: string): string {
  return `${origin}/v#${token}`;
}

/** What a person is told after sharing; null when they have put the sheet away. */
export type Shared = 'shared' | 'copied' | 'failed' | null;

interface Sharing {
  readonly share?: (data: { title: string; text: string; url: string }) => Promise<void>;
  readonly clipboard?: { writeText(text: string): Promise<void> } | undefined;
}

/** D2: hands the link to the phone's own sharing; where there is none, it is copied. */
export async function shareLink(
  link: { readonly title: string; readonly text: string; readonly url: string },
  { share, clipboard }: Sharing,
): Promise<Shared> {
  if (share) {
    try {
      await share(link);
      return 'shared';
    } catch (error) {
      // Put away by the person; anything else (no target, not allowed) is copied instead.
      if (error instanceof Error && error.name === 'AbortError') return null;
    }
  }
  return copyLink(link.url, clipboard);
}

/** Copies the address; `failed` where a browser forbids it. */
export async function copyLink(url: string, clipboard: Sharing['clipboard']): Promise<'copied' | 'failed'> {
  try {
    if (!clipboard) return 'failed';
    await clipboard.writeText(url);
    return 'copied';
  } catch {
    return 'failed';
  }
}
