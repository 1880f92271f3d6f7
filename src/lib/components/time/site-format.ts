import { app } from '$lib/state/app-state.svelte';
import { timeFormat, type TimeFormat } from './format';

/** The site's time zone; the device's own until the site has come down. */
export function siteZone(): string {
  return app.site?.timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The formats of the signed-in member's site. */
export function siteFormat(): TimeFormat {
  return timeFormat(siteZone());
}
