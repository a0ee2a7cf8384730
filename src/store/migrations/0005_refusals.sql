create table refusals (
  id integer primary key, case_id integer not null references cases (id), at integer not null, as_of text not null, actor text not null,
  what text not null, why text not null, possible text
) strict;
create index refusals_case on refusals (case_id);
