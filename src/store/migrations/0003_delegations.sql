create table delegations (
  id integer primary key, from_type text not null, from_id text not null, to_type text not null, to_id text not null,
  role text, workflow text, since text not null, until text not null, because text, rev integer not null
) strict;
create index delegations_since on delegations (since);
create index delegations_until on delegations (until);
