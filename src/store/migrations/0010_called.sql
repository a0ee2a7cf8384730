create table called (
  framework text not null, subject text not null, period text not null, day text not null, rev integer not null,
  primary key (framework, subject, period, day)
) strict, without rowid;
create table frameworks_since (framework text primary key, since text not null) strict, without rowid;
create index outcomes_open on outcomes (subject_type, subject) where state = 'undetermined';
create index judgements_whom on judgements (framework, whom, period);
