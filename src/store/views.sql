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
