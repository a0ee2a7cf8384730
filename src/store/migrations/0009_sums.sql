alter table cases add column sum integer not null default 0;
alter table effects add column sum integer not null default 0;
