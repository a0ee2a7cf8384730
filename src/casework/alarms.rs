//! Who is told before what is in force ends by itself: the one concerned, whoever decided on it, and whom its rule tells.

use jiff::civil::Date;

use crate::casework::outlook::CaseOutlook;
use crate::eval::{self, Answer};
use crate::ids::StageId;
use crate::policy::model::Party;
use crate::workflow::{Alarm, Asked, Case, Outlook, rule_of};

impl CaseOutlook<'_> {
    pub(super) fn alarm_of(&self, case: &Case, since: Date, on: Date) -> Option<Alarm> {
        let rule = rule_of(self.policy(), case)?;
        let lasting = rule.lasts.as_ref()?;
        let message = self.policy().messages.get(lasting.message?.index())?.label.name.clone();
        let scope = self.scope(on);
        let last = match eval::last_day_in_force(&scope, &lasting.lasts, since) {
            Ok(Answer::Known(last)) => last.date,
            Ok(Answer::NotYet | Answer::Unknown(_)) | Err(_) => return None,
        };
        let day = eval::day_before(&scope, lasting.alarm?, last)?.max(since);
        let at = |stage: usize| Asked { case, stage: StageId::at(stage), on };
        let decided = |name: &str| case.stages.get(name).is_some_and(|it| it.choice.is_some());
        let stages = self.workflow.stages.iter().enumerate();
        let deciders = stages
            .filter(|(_, it)| it.decision.is_some() && decided(&it.label.name))
            .flat_map(|(place, _)| self.holders(at(place)));
        let told = rule.notify.iter().flat_map(|it| &it.0).map(|it| self.who(at(0), it));
        let to = std::iter::once(self.who(at(0), &Party::Subject)).chain(deciders).chain(told).collect();
        Some(Alarm { day, last, message, to })
    }
}
