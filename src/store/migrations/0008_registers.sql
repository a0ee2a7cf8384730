create table policy_workflows (
  policy integer not null, workflow text not null, title text not null, subject_type text not null, calendar text not null, each text,
  hears integer not null,
  primary key (policy, workflow)
) strict, without rowid;
create table policy_stages (
  policy integer not null, workflow text not null, stage text not null, title text not null, nth integer not null,
  certain integer not null, appeal integer not null, stays integer not null, committee text, lasts integer not null,
  primary key (policy, workflow, stage)
) strict, without rowid;
create table periods (
  calendar text not null, kind text not null, first text not null, last text not null, label text not null,
  primary key (calendar, kind, first)
) strict, without rowid;
