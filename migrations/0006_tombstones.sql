-- When which transactions were: the change index knows transactions only. One row a run of the job that prunes tombstones;
-- `oldest` is the oldest transaction that was under way then, so all below it are older than `at`.
create table sync_clock (
  at timestamptz primary key,
  oldest xid8 not null
);

-- Tombstones of transactions below this one are gone: a device whose last snapshot had not seen all of those loads its
-- scopes anew, because it might keep a row whose end it was never told.
alter table epoch add column pruned_below xid8 not null default '0';

-- For the pruning alone. Reservations that are over are most of it, each written once more when it ends.
create index sync_row_tombstones on sync_row (xid) where deleted;

-- After a restore from a backup. A new epoch makes every device load its scopes anew and send again what the server has
-- forgotten. In a database that pg_restore has filled transactions are counted from anew: what the index says of
-- transactions yet to come would be news to every device at every pull, and is said of this one instead.
create function new_epoch() returns uuid language plpgsql as $$
declare
  made uuid;
begin
  update sync_row set xid = pg_current_xact_id() where xid > pg_current_xact_id();
  update intents set xid = pg_current_xact_id() where xid > pg_current_xact_id();
  delete from sync_clock;
  update epoch set epoch = gen_random_uuid(), pruned_below = '0' returning epoch into made;
  return made;
end $$;
