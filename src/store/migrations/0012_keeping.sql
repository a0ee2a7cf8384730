create table keeping (case_id integer primary key references cases (id), day text not null) strict;
create index keeping_day on keeping (day);
insert into keeping select id, '0000-01-01' from cases where status <> 'open';
create table expunged (mark text primary key) strict, without rowid;
