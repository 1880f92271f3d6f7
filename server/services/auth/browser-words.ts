import Bowser from 'bowser';

const browsers = new Set(Object.values(Bowser.BROWSER_MAP));
const systems = new Set(Object.values(Bowser.OS_MAP));

/**
 * "Firefox on Windows": what a user agent says of its browser and system; empty when neither is known. Only names of Bowser's own
 * lists: of an unknown one it gives what stands there, and that is whatever the other side wrote for a person to read.
 */
export function browserWords(userAgent: string): string {
  if (userAgent.trim() === '') return '';
  const { browser, os } = Bowser.parse(userAgent);
  const browserName = known(browser.name, browsers);
  const systemName = known(os.name, systems);
  return [browserName, systemName].filter((name) => name !== '').join(' on ');
}

function known(name: string | undefined, names: ReadonlySet<string>): string {
  return name !== undefined && names.has(name) ? name : '';
}
