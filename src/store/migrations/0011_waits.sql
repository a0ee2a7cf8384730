alter table effects add column waits_until integer;
drop index effects_due;
create index effects_due on effects (coalesce(waits_until, not_before)) where state = 'due';
