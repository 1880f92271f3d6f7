/** The tag of a notice's notification: without an id, how all of them begin. */
export function noticeTag(noticeId = ''): string {
  return `notice:${noticeId}`;
}
