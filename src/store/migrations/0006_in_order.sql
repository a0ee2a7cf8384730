create table journal_in_order (
  case_id integer not null references cases (id), seq integer not null, rev integer not null, at integer not null,
  actor text not null, kind text not null, payload text not null, payload_hash text not null, hash text not null,
  primary key (case_id, seq)
) strict;
insert into journal_in_order select * from journal order by rev, case_id, seq;
drop table journal;
alter table journal_in_order rename to journal;
create index journal_rev on journal (rev);
create table effects_in_order (
  key text not null primary key, case_id integer not null references cases (id), stage text not null, round integer not null,
  step text not null, nth integer not null, recipient text not null, kind text not null, day text not null,
  not_before integer not null, facts text not null, message text not null, language text not null, state text not null,
  delivery integer, rev integer not null
) strict;
insert into effects_in_order select * from effects order by rev, case_id, key;
drop table effects;
alter table effects_in_order rename to effects;
create index effects_due on effects (not_before) where state = 'due';
create index effects_case on effects (case_id);
create index effects_held on effects (key) where state = 'held';
