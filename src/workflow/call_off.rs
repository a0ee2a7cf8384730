//! A case that somebody withdraws or cancels: whom the policy names, as long as it says.

use crate::calendar::day_in_words;
use crate::policy::acts::{CallOff, Off};
use crate::policy::model::Party;
use crate::workflow::act::{Act, Refusal, is_called};
use crate::workflow::advance::Machine;
use crate::workflow::event::{Event, Hand, HolderNote, How};

impl Machine<'_> {
    pub(super) fn call_off(&mut self, act: &Act, how: Off) -> Result<(), Refusal> {
        let (name, word) = (self.flow.label.name.clone(), how.word());
        let lines: Vec<&CallOff> = self.flow.call_off.iter().filter(|it| it.how == how).collect();
        if lines.is_empty() {
            let refusal = Refusal::new(format!("`{name}` may not be {word}"));
            let other = self.flow.call_off.iter().find(|it| it.how != how);
            return Err(match other {
                Some(other) => refusal.but(format!("it may be {} by {}", other.how.word(), self.names_of(&other.by))),
                None => refusal,
            });
        }
        let theirs = lines.iter().find_map(|line| Some((*line, self.one_of(act, &line.by)?)));
        let Some((line, by)) = theirs else {
            let who: Vec<String> = lines.iter().map(|it| self.names_of(&it.by)).collect();
            let why = format!("`{name}` may not be {word} by {}", act.by.1);
            return Err(Refusal::new(why).but(format!("it may be by {}", who.join(" or "))));
        };
        if let Some(stage) = line.until
            && let Some(ended) = self.state(stage).filter(|it| it.has_ended()).and_then(|it| it.ended)
        {
            let stage = &self.stage(stage).label.name;
            let why = format!("`{name}` may be {word} only until `{stage}`, which ended on {}", day_in_words(ended));
            return Err(Refusal::new(why));
        }
        let because = Some(self.reason_of(act)?);
        let mark = line.mark().map(str::to_owned);
        let on = self.look.today;
        self.happen(Event::CalledOff { how, hand: Hand { by, because, on, key: act.key.clone() } });
        self.happen(Event::CaseEnded { how: How::Cancelled, on, mark });
        Ok(())
    }

    /// Whoever acts, if they are one of these.
    fn one_of(&self, act: &Act, parties: &[Party]) -> Option<(String, String)> {
        let found = self.people_of(parties).into_iter().filter_map(|it| it.who);
        found.into_iter().find(|it| is_called(&act.by, it))
    }

    fn people_of(&self, parties: &[Party]) -> Vec<HolderNote> {
        let asked = self.asked_on(crate::ids::StageId(0), self.look.today);
        parties.iter().map(|it| self.outlook.who(asked, it)).collect()
    }

    /// `clerk (Ada) or secretary (nobody)`
    fn names_of(&self, parties: &[Party]) -> String {
        let name =
            |it: HolderNote| format!("{} ({})", it.capacity, it.who.map_or_else(|| "nobody".to_owned(), |it| it.1));
        self.people_of(parties).into_iter().map(name).collect::<Vec<_>>().join(" or ")
    }
}
