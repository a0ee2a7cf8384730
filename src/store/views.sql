-- The registers, for other tools: made anew behind the numbered steps, so that a step may replace a table on which one stands.

-- Running stages with a due date, a row for each holder.
create view register_open as
select c.id as case_id, c.workflow, coalesce(p.label, c.period) as period, c.subject_type, c.subject, d.stage, d.opens, d.due,
  t.holder_type, t.holder, t.capacity
from deadlines d
join cases c on c.id = d.case_id
left join policy_workflows w on w.policy = c.policy and w.workflow = c.workflow
left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = c.period
left join tasks t on t.case_id = d.case_id and t.stage = d.stage and t.round = d.round and t.until is null
where d.state = 'running' and d.due is not null;

-- Of those, what was overdue at the end of the last day that was run.
create view register_overdue as
select case_id, workflow, period, subject_type, subject, stage, due,
  cast(julianday(store.as_of) - julianday(due) as integer) as days_overdue, holder_type, holder, capacity
from register_open join store on due < store.as_of;

-- Every stage of every case, as it came out: those that have begun, and those that surely will or would have.
create view register_stages as
select c.id as case_id, c.workflow, coalesce(p.label, c.period) as period, w.hears, c.subject_type, c.subject, s.key as stage,
  json_extract(s.value, '$.dates.due.day') as due, json_extract(s.value, '$.ended') as ended,
  case
    when json_extract(s.value, '$.again') is not null then 'open'
    when json_extract(s.value, '$.status') = 'done' then iif(json_extract(s.value, '$.late'), 'late', 'in time')
    when json_extract(s.value, '$.status') = 'lapsed' then 'never'
    when json_extract(s.value, '$.status') = 'left_out' then 'left out'
    when json_extract(s.value, '$.status') = 'cancelled' then iif(c.status = 'lapsed', 'never', 'fell away')
    when exists (select 1 from deadlines d where d.case_id = c.id and d.stage = s.key and d.state = 'running' and d.due < store.as_of)
      then 'overdue'
    else 'open'
  end as result
from cases c
join store
join json_each(c.state, '$.stages') s
left join policy_workflows w on w.policy = c.policy and w.workflow = c.workflow
left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = c.period
union all
select c.id, c.workflow, coalesce(p.label, c.period), w.hears, c.subject_type, c.subject, s.stage, null, null,
  case
    when c.status = 'lapsed' then 'never'
    when p.last < store.as_of
      and exists (select 1 from deadlines d where d.case_id = c.id and d.state = 'running' and d.due < store.as_of) then 'not begun'
    else 'to come'
  end
from cases c
join store
join policy_stages s on s.policy = c.policy and s.workflow = c.workflow and s.certain
left join policy_workflows w on w.policy = c.policy and w.workflow = c.workflow
left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = c.period
where c.status in ('open', 'lapsed') and json_type(c.state, '$.stages."' || s.stage || '"') is null;

-- Of those, in workflows with a period, what was done late or never, is overdue, or has not begun because something else is overdue,
-- though the period is over.
create view register_missed as
select case_id, workflow, period, subject_type, subject, stage, due, ended, result,
  cast(case result when 'late' then julianday(ended) - julianday(due) when 'overdue' then julianday(store.as_of) - julianday(due) end
    as integer) as days_late
from register_stages join store
where result in ('late', 'never', 'overdue', 'not begun') and period <> '' and not hears;

-- Where an appeal is being heard.
create view register_appeals as
select c.id as case_id, c.workflow, coalesce(p.label, c.period) as period, c.subject_type, c.subject, o.rule, d.stage, d.opens, d.due,
  cast(julianday(store.as_of) - julianday(d.opens) as integer) as days_open, s.stays,
  (select group_concat(t.holder, ' ') from tasks t
    where t.case_id = d.case_id and t.stage = d.stage and t.round = d.round and t.until is null) as holders
from deadlines d
join store
join cases c on c.id = d.case_id
join policy_stages s on s.policy = c.policy and s.workflow = c.workflow and s.stage = d.stage and s.appeal
left join policy_workflows w on w.policy = c.policy and w.workflow = c.workflow
left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = c.period
left join outcomes o on o.case_id = c.id
where d.state in ('running', 'suspended');

-- What took effect and was not ended before its time. When it ends by itself, if it does, the policy says.
create view register_in_force as
select j.framework, coalesce(p.label, j.period) as period, o.subject_type, o.subject, o.kind, o.rule, o.since, o.case_id
from outcomes o
join judgements j on j.id = o.judgement
left join policy_workflows w on w.policy = j.policy and w.workflow = j.framework
left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = j.period
where o.state = 'in force';
