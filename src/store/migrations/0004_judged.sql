create table judgements (
  id integer primary key, framework text not null, period text not null, nth integer not null, policy integer not null,
  as_of text not null, after text not null, done integer not null, rev integer not null, unique (framework, period, nth)
) strict;
create index judgements_open on judgements (id) where done = 0;
create table outcomes (
  judgement integer not null references judgements (id), subject_type text not null, subject text not null,
  proposed text not null, kind text not null, rule text not null, state text not null, amount text, missing text, since text,
  ended text, case_id integer references cases (id), rev integer not null,
  primary key (judgement, subject_type, subject, proposed)
) strict, without rowid;
create index outcomes_of on outcomes (subject_type, subject, rule);
create unique index outcomes_case on outcomes (case_id) where case_id is not null;
