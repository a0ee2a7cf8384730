alter table store add column restored integer;
create index effects_held on effects (key) where state = 'held';
create index deliveries_held on deliveries (effect) where state = 'held';
