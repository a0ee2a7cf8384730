//! Several periods, one after the other: what is proposed in one counts as imposed, from the day of its judgement, in those behind it.

use jiff::civil::Date;

use crate::calendar::Period;
use crate::policy::framework::OutcomeRule;
use crate::policy::model::Policy;
use crate::simulate::patterns::says;
use crate::simulate::{Fault, Question, Results, Setting, Simulation, compare, counted};
use crate::table::{Records, asked_imposed};

/// A policy that is tried over several periods, with records of its own: each policy imposes something else.
#[derive(Debug)]
pub struct Tried<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The policy.
    pub policy: &'a Policy,
    /// Everybody.
    pub records: Records,
}

/// Somebody who is told what everybody came to in a period, person by person, before the next is judged.
pub type Hearing<'h, E> = &'h mut dyn FnMut(&Results<'_>) -> Result<(), E>;

/// Everybody judged for one period after the other, each on its day. From the first of these days on nothing is imposed by the framework's rules
/// but what is proposed here: as though everything proposed took effect at once, and nothing undetermined did.
///
/// # Errors
/// As [`simulate`](crate::simulate::simulate), and what whoever hears of it gives.
pub fn simulate_in_turn<E: From<Fault>>(
    tried: &mut [Tried<'_>],
    question: &Question,
    judgements: &[(Period, Date)],
    mut hear: Option<Hearing<'_, E>>,
) -> Result<Vec<Simulation>, E> {
    let Some((_, first)) = judgements.first() else { return Ok(Vec::new()) };
    for it in tried.iter_mut() {
        let rules = it.policy.frameworks.iter().filter(|of| of.label.name == question.framework);
        rules.flat_map(|of| &of.rules).for_each(|rule| it.records.forget_imposed(&rule.label.name, *first));
    }
    let labels = labels(&tried[0], question, judgements);
    let mut told = Vec::with_capacity(judgements.len());
    for (period, day) in judgements {
        let question = Question { period: *period, on: *day, ..question.clone() };
        let (simulation, imposed) = judged_once(tried, &question, &labels, &mut hear)?;
        for (it, imposed) in tried.iter_mut().zip(imposed) {
            for (on, rule) in imposed {
                it.records.impose(on, &rule, *day, None);
            }
        }
        told.push(simulation);
    }
    Ok(told)
}

/// Something imposed: on which record, and by which rule.
type Imposed = ((crate::ids::RecordId, u32), String);

/// The periods as people write them.
fn labels(first: &Tried<'_>, question: &Question, judgements: &[(Period, Date)]) -> Vec<String> {
    let framework = first.policy.frameworks.iter().find(|it| it.label.name == question.framework);
    let calendar = framework.map(|it| &first.policy.calendars[it.calendar]);
    judgements.iter().filter_map(|it| calendar.map(|calendar| calendar.label(&it.0))).collect()
}

fn judged_once<E: From<Fault>>(
    tried: &[Tried<'_>],
    question: &Question,
    periods: &[String],
    hear: &mut Option<Hearing<'_, E>>,
) -> Result<(Simulation, Vec<Vec<Imposed>>), E> {
    let settings: Vec<Setting<'_>> =
        tried.iter().map(|it| Setting { name: it.name, policy: it.policy, records: &it.records }).collect();
    let counted = counted::count_and_keep(&settings, question)?;
    if let Some(hear) = hear {
        hear(&Results::of(&counted, question, periods)?)?;
    }
    let imposed = counted.judged.iter().map(|judged| {
        let asked = asked_imposed(judged.setting.policy).1;
        let is_asked = |it: &&(&OutcomeRule, &Vec<u8>)| asked.contains(it.0.label.name.as_str());
        let rules: Vec<(&OutcomeRule, &Vec<u8>)> = judged.rules().iter().zip(&judged.columns.says).collect();
        let of_rule = |(rule, said): &(&OutcomeRule, &Vec<u8>)| {
            let proposed = (0..).zip(said.iter()).filter(|it| *it.1 == says::PROPOSED);
            let on = |(row, _)| ((judged.framework.subject, row), rule.label.name.clone());
            proposed.map(on).collect::<Vec<Imposed>>()
        };
        rules.iter().filter(is_asked).flat_map(of_rule).collect()
    });
    let imposed = imposed.collect();
    Ok((compare::told(&counted, question), imposed))
}
