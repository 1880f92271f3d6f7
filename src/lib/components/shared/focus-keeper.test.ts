import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { focusKeeper } from './focus-keeper';

class FakeElement extends EventTarget {
  tabIndex = 0;
  open = true;
  readonly focus = vi.fn<() => void>();
  heading: FakeElement | null = null;
  dialog: FakeElement | null = null;
  closest = () => this.dialog;
  querySelector = () => this.heading;
}

const body = new FakeElement();
let heading: FakeElement;
let activeElement: FakeElement;

beforeEach(() => {
  heading = new FakeElement();
  activeElement = body;
  vi.stubGlobal('HTMLElement', FakeElement);
  vi.stubGlobal('document', {
    body,
    querySelector: () => heading,
    get activeElement() {
      return activeElement;
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

const focusEvent = (type: string, relatedTarget: unknown = null): Event =>
  Object.assign(new Event(type), { relatedTarget });

/** A notice in which things happen to the focus before it goes. */
async function gone(events: readonly Event[], dialog: FakeElement | null = null): Promise<void> {
  const notice = new FakeElement();
  notice.dialog = dialog;
  const detach = focusKeeper(notice as unknown as HTMLElement);
  for (const event of events) notice.dispatchEvent(event);
  detach();
  await Promise.resolve();
  await Promise.resolve();
}

describe('the focus of what goes', () => {
  it.each([
    ['told of it', [focusEvent('focusin'), focusEvent('focusout')]],
    ['not told', [focusEvent('focusin')]],
  ])('C12 goes on to the page’s heading, by a browser that is %s', async (_how, events) => {
    await gone(events);
    expect(heading.focus).toHaveBeenCalledOnce();
  });

  it('C12 stays where it went before, and where what was done has put it', async () => {
    await gone([]);
    await gone([focusEvent('focusin'), focusEvent('focusout', new FakeElement())]);
    activeElement = new FakeElement();
    await gone([focusEvent('focusin')]);
    expect(heading.focus).not.toHaveBeenCalled();
  });

  it('C12 stays in the dialog that is open', async () => {
    const dialog = new FakeElement();
    dialog.heading = new FakeElement();
    await gone([focusEvent('focusin')], dialog);
    expect([dialog.heading.focus.mock.calls.length, heading.focus.mock.calls.length]).toEqual([1, 0]);
  });
});
