/**
 * SQL: which way a guard saw the car of reservation `r` (an alias of reservations) go last: 'entry', 'exit', or null where nobody looked.
 * Scans that were undone count for nothing, nor do undoings.
 */
export const LAST_SEEN = `(select s.direction from passes p join scans s on s.site_id = p.site_id and s.pass_id = p.pass_id
    where p.site_id = r.site_id and p.reservation_id = r.reservation_id
      and (s.counts or s.direction = 'exit') and s.undoes is null
      and not exists (select from scans u where u.site_id = s.site_id and u.pass_id = s.pass_id and u.undoes = s.scan_id)
    order by s.scanned_at desc, s.direction desc limit 1)`;
