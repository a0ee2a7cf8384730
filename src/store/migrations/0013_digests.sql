create table digests (
  delivery integer primary key references deliveries (id), key text not null unique, day text not null, fixed integer not null default 0
) strict;
create index digests_loose on digests (delivery) where fixed = 0;
create table digest_members (
  delivery integer not null references digests (delivery), n integer not null, effect text not null unique references effects (key),
  primary key (delivery, n)
) strict, without rowid;
