//! Who has gone, and what goes on without them.
//!
//! Nobody takes the place of whoever a case is about. Their time runs all the same once they have gone: a stage of theirs that lapses
//! does so in its time, and nobody is reminded of it. A stage that does not lapse can't go on. What is decided about them they are told.

use crate::ids::StageId;
use crate::policy::model::Party;
use crate::workflow::advance::{Machine, Stuck};
use crate::workflow::event::HolderNote;
use crate::workflow::outlook::Asked;

impl Machine<'_> {
    /// A stage lies with somebody, or runs out though nobody can act on it.
    pub(super) fn somebody_acts(&self, id: StageId, holders: &[HolderNote]) -> Result<(), Stuck> {
        match holders.iter().find(|it| it.who.is_none()) {
            Some(_) if self.runs_out_without_them(id) => Ok(()),
            Some(nobody) => Err(Stuck(format!(
                "nobody may act on `{}`: {}",
                self.stage(id).label.name,
                if nobody.why.is_empty() { nobody.capacity.clone() } else { nobody.why.join("; ") }
            ))),
            None => Ok(()),
        }
    }

    /// Whether these are all people whom the case is about, and have gone.
    pub(super) fn only_who_has_gone(&self, asked: Asked<'_>, parties: &[Party]) -> bool {
        !parties.is_empty() && parties.iter().all(|it| self.outlook.has_gone(asked, it))
    }

    /// Who is told in the place of somebody of the case: whoever it is about also where they can't act any more.
    pub(super) fn told(&self, asked: Asked<'_>, party: &Party) -> HolderNote {
        let found = self.outlook.who(asked, party);
        let who = found.who.or_else(|| self.outlook.concerned(party));
        HolderNote { who, ..found }
    }

    /// Everybody whom one word of a stage names, where it names several; nothing where it names one person.
    pub(super) fn several(&self, id: StageId, party: &Party) -> Option<Vec<HolderNote>> {
        match party {
            Party::One => Some(self.still_to_act(id)),
            Party::Members => Some(self.outlook.holders(self.asked(id))),
            Party::Seat(at) => {
                let seat = &self.committee(id)?.seats.get(*at)?.label.name;
                let theirs = self.outlook.holders(self.asked(id)).into_iter().filter(|it| it.capacity == *seat);
                let theirs: Vec<HolderNote> = theirs.collect();
                let nobody = || HolderNote {
                    who: None,
                    capacity: seat.clone(),
                    why: vec![format!("nobody sits as {seat}")],
                    part: None,
                };
                Some(if theirs.is_empty() { vec![nobody()] } else { theirs })
            }
            Party::Subject | Party::Role(_) | Party::Reference(_) | Party::Owner => None,
        }
    }

    fn runs_out_without_them(&self, id: StageId) -> bool {
        let stage = self.stage(id);
        let runs_out = stage.lapses_at_due || self.state(id).is_some_and(|it| it.dates.closes.is_some());
        runs_out && self.only_who_has_gone(self.asked(id), &stage.by)
    }
}
