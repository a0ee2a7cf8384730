alter table store add column judged text;
update store set judged = as_of;
alter table judgements add column asked integer not null default 0;
alter table judgements add column whom text;
