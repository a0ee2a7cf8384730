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

-- Open cases in which a committee can't reach its quorum, or lacks a seat that must be among them.
create view register_quorum as
select c.id as case_id, c.workflow, coalesce(p.label, c.period) as period, c.subject_type, c.subject, s.committee, d.stage, d.opens, d.due,
  (select count(*) from tasks m where m.case_id = t.case_id and m.stage = t.stage and m.round = t.round and m.holder is not null)
    as members, t.why
from tasks t
join deadlines d on d.case_id = t.case_id and d.stage = t.stage and d.round = t.round and d.state in ('running', 'suspended')
join cases c on c.id = t.case_id
join policy_stages s on s.policy = c.policy and s.workflow = c.workflow and s.stage = t.stage and s.committee is not null
left join policy_workflows w on w.policy = c.policy and w.workflow = c.workflow
left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = c.period
where t.holder is null and t.until is null;

-- Open decisions that lie with a committee.
create view register_before_committees as
select c.id as case_id, c.workflow, coalesce(p.label, c.period) as period, c.subject_type, c.subject, s.committee, d.stage, d.opens, d.due
from deadlines d
join cases c on c.id = d.case_id
join policy_stages s on s.policy = c.policy and s.workflow = c.workflow and s.stage = d.stage and s.committee is not null
left join policy_workflows w on w.policy = c.policy and w.workflow = c.workflow
left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = c.period
where d.state in ('running', 'suspended');

-- Days on which somebody on a committee voted: it met.
create view register_meetings as
select s.committee, json_extract(j.payload, '$.on') as day, c.id as case_id, c.workflow, coalesce(p.label, c.period) as period,
  c.subject_type, c.subject, s.stage, count(*) as votes
from journal j
join cases c on c.id = j.case_id
join policy_stages s on s.policy = c.policy and s.workflow = c.workflow and s.stage = json_extract(j.payload, '$.stage')
  and s.committee is not null
left join policy_workflows w on w.policy = c.policy and w.workflow = c.workflow
left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = c.period
where j.kind = 'voted'
group by s.committee, day, c.id, s.stage;

-- What frameworks proposed and what became of it, each on its day: a row when it was proposed, took effect, was dismissed.
create view register_decisions as
with judged as (
  select o.*, j.framework, j.as_of as judged_on, coalesce(p.label, j.period) as judged_for, w.calendar, c.state as case_state
  from outcomes o
  join judgements j on j.id = o.judgement
  left join cases c on c.id = o.case_id
  left join policy_workflows w on w.policy = j.policy and w.workflow = j.framework
  left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = j.period
  where o.state <> 'undetermined'
), dated as (
  select framework, calendar, judged_for, kind, proposed as rule, 'proposed' as became, judged_on as day, subject_type, subject,
    null as amount, case_id from judged
  union all
  select framework, calendar, judged_for, kind, rule,
    case kind when 'sanction' then 'imposed' when 'reward' then 'granted' else 'recommended' end, since, subject_type, subject,
    iif(rule = proposed, amount, null), case_id from judged where since is not null
  union all
  select framework, calendar, judged_for, kind, rule, 'dismissed', json_extract(case_state, '$.ended'), subject_type, subject, null, case_id
  from judged where state = 'dismissed'
)
select d.framework, d.judged_for as period, d.kind, d.rule, d.became, d.day, substr(q.label, 1, instr(q.label, '-') - 1) as year,
  q.label as quarter, d.subject_type, d.subject,
  iif(d.amount glob '[A-Z][A-Z][A-Z] *', cast(round(cast(replace(substr(d.amount, 5), ',', '') as real) * 10000) as integer), null)
    as amount_units,
  iif(d.amount glob '[A-Z][A-Z][A-Z] *', substr(d.amount, 1, 3), null) as currency, d.case_id
from dated d
left join periods q on q.calendar = d.calendar and q.kind = 'quarter' and q.first <= d.day and q.last >= d.day;

-- The quarterly return: how many, and what was granted.
create view register_returns as
select year, quarter, framework, kind, rule, sum(became = 'proposed') as proposed,
  sum(became not in ('proposed', 'dismissed')) as took_effect, sum(became = 'dismissed') as dismissed,
  sum(amount_units) as amount_units, max(currency) as currency
from register_decisions
group by year, quarter, framework, kind, rule;

-- Until a policy is deployed nobody belongs to a group.
create view register_groups as select '' as subject_type, '' as subject, '' as field, '' as group_id where false;

-- Teams and institutions by the share of what was due in a period that was done in time.
create view register_ranking as
with due as (
  select s.workflow, s.period, g.field, g.group_id, count(*) as due, sum(s.result = 'in time') as in_time, sum(s.result = 'late') as late,
    sum(s.result not in ('in time', 'late')) as not_done
  from register_stages s
  join register_groups g on g.subject_type = s.subject_type and g.subject = s.subject
  where s.period <> '' and not s.hears and s.result in ('in time', 'late', 'never', 'overdue', 'not begun')
  group by s.workflow, s.period, g.field, g.group_id
)
select workflow, period, field, rank() over (partition by workflow, period, field order by 1.0 * in_time / due desc) as place, group_id,
  due, in_time, late, not_done,
  ((2000 * in_time + due) / (2 * due) / 10) || '.' || ((2000 * in_time + due) / (2 * due) % 10) as percent_in_time
from due;

-- States that last some time at most, and go on: stages that say so.
create view register_lasting as
select c.id as case_id, c.workflow, coalesce(p.label, c.period) as period, c.subject_type, c.subject, d.stage, d.opens as since,
  d.due as until, cast(julianday(d.due) - julianday(store.as_of) as integer) as days_left
from deadlines d
join store
join cases c on c.id = d.case_id
join policy_stages s on s.policy = c.policy and s.workflow = c.workflow and s.stage = d.stage and s.lasts
left join policy_workflows w on w.policy = c.policy and w.workflow = c.workflow
left join periods p on p.calendar = w.calendar and p.kind = w.each and p.first = c.period
where d.state in ('running', 'suspended');
