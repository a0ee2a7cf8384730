create table store (
  id text primary key, schema integer not null, edition integer not null, adopted text, as_of text,
  hold integer not null default 0
) strict;
create table migrations (number integer primary key, checksum text not null) strict;
create table commits (
  rev integer primary key, at integer not null, as_of text, actor text not null, kind text not null, import integer,
  seal text not null
) strict;
create table actors (id integer primary key, kind text not null, record_type text, record text, label text not null) strict;
create table policies (
  version integer primary key, edition integer not null, text text not null, hash text not null, rev integer not null,
  note text not null
) strict;
create table calendar_days (
  calendar text not null, day text not null, working integer not null, nth integer not null, why text, rev integer not null,
  primary key (calendar, day)
) strict, without rowid;
create table record_types (name text primary key, shape text not null, parent text, title text not null) strict;
create table fields (
  type text not null, name text not null, kind text not null, scale integer not null, unit text, dated integer not null,
  sealed integer not null, title text not null, since integer not null, until integer, primary key (type, name)
) strict, without rowid;
create table dated_values (
  type text not null, id text not null, field text not null, since text not null, value any, rev integer not null,
  primary key (type, id, field, since, rev)
) strict, without rowid;
create index dated_since on dated_values (since);
create index dated_references on dated_values (type, field, value);
create table changes (
  rev integer not null, n integer not null, type text not null, id text not null, period text not null, field text not null,
  old any, new any, primary key (rev, n)
) strict, without rowid;
create index changes_of on changes (type, id);
create table imports (
  id integer primary key, source text not null, sha256 text not null, mapping text not null, good integer not null,
  rejected integer not null, rev integer not null, undone_by integer
) strict;
create table requests (actor text not null, key text not null, answer text not null, rev integer not null, primary key (actor, key)) strict;
create table cases (
  id integer primary key, workflow text not null, subject_type text not null, subject text not null, period text not null,
  nth integer not null, policy integer not null references policies (version), status text not null, state text not null,
  wake_at integer, last_seq integer not null, last_hash text not null, set_aside text,
  unique (workflow, subject_type, subject, period, nth)
) strict;
create index cases_due on cases (wake_at) where wake_at is not null;
create index cases_subject on cases (subject_type, subject);
create index cases_policy on cases (policy) where status = 'open';
create table deadlines (
  case_id integer not null references cases (id), stage text not null, round integer not null, opens text, due text, closes text,
  derivation text not null, state text not null, primary key (case_id, stage, round)
) strict, without rowid;
create index deadlines_due on deadlines (due) where state = 'running';
create table tasks (
  case_id integer not null references cases (id), stage text not null, round integer not null, nth integer not null,
  holder_type text, holder text, capacity text not null, why text not null, since text not null, until text,
  primary key (case_id, stage, round, nth)
) strict, without rowid;
create index tasks_holder on tasks (holder_type, holder) where until is null;
create table journal (
  case_id integer not null references cases (id), seq integer not null, rev integer not null, at integer not null,
  actor text not null, kind text not null, payload text not null, payload_hash text not null, hash text not null,
  primary key (case_id, seq)
) strict, without rowid;
create index journal_rev on journal (rev);
create table effects (
  key text primary key, case_id integer not null references cases (id), stage text not null, round integer not null,
  step text not null, nth integer not null, recipient text not null, kind text not null, day text not null,
  not_before integer not null, facts text not null, message text not null, language text not null, state text not null,
  delivery integer, rev integer not null
) strict, without rowid;
create index effects_due on effects (not_before) where state = 'due';
create index effects_case on effects (case_id);
create table deliveries (
  id integer primary key, effect text not null references effects (key), channel text not null, address text not null,
  message_id text not null unique, state text not null, next_try integer, tries integer not null default 0, lease integer,
  fence integer not null default 0
) strict;
create index deliveries_open on deliveries (next_try) where state = 'open';
create table attempts (
  delivery integer not null references deliveries (id), n integer not null, began integer not null, ended integer, result text,
  detail text, primary key (delivery, n)
) strict, without rowid;
create index attempts_broken on attempts (delivery) where ended is null;
create table openings (
  workflow text not null, period text not null, policy integer not null, after text not null, done integer not null,
  primary key (workflow, period)
) strict, without rowid;
create table expected_openings (
  day text not null, workflow text not null, subject text not null, period text not null,
  primary key (day, workflow, subject, period)
) strict, without rowid;
create table dirty (what text not null, id text not null, rev integer not null, primary key (what, id)) strict, without rowid;
