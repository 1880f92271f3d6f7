-- Which slots of a site are free in [a, b)? Only reservations that start in (a - longest, b) can be in the way, so with the
-- longest length known one range of one btree answers it: 5.9 ms at 10,000 slots and a million reservations, where the
-- exclusion constraint's gist index took 53 ms (npm run bench -- availability). With what the question reads included the
-- heap is not visited. A million reservations take 74 MB here.
create index reservations_start on reservations (site_id, starts_at, ends_at) include (slot_id, hold_expires_at)
  where state in ('held', 'confirmed');

-- The longest reservation that a site has ever had, whatever its policy says today. A table of its own rather than a column
-- of sites, whose row rules lock first and a trigger would lock last. Written only when a record is broken. Seconds, not an
-- interval: a day of an interval is what the session's time zone makes of it.
create table reservation_lengths (
  site_id uuid primary key,
  longest_seconds bigint not null
);

create function reservations_length() returns trigger language plpgsql as $$
begin
  insert into reservation_lengths as l (site_id, longest_seconds)
  select n.site_id, n.longest
    from (select site_id, ceil(max(extract(epoch from ends_at - starts_at)))::bigint as longest from new_rows group by site_id) n
    left join reservation_lengths k on k.site_id = n.site_id
   where k.longest_seconds is null or k.longest_seconds < n.longest
   order by n.site_id
  on conflict (site_id) do update set longest_seconds = excluded.longest_seconds
   where l.longest_seconds < excluded.longest_seconds;
  return null;
end $$;
create trigger reservations_length_insert after insert on reservations
  referencing new table as new_rows for each statement execute function reservations_length();
create trigger reservations_length_update after update on reservations
  referencing new table as new_rows for each statement execute function reservations_length();

insert into reservation_lengths (site_id, longest_seconds)
select site_id, ceil(max(extract(epoch from ends_at - starts_at)))::bigint from reservations group by site_id;

-- The nearest free slots instead of one that is taken: walked level by level in the order of their labels, until enough are found.
create index slots_level on slots (site_id, level, label);
