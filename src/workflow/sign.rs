//! Stages with which several are charged: each must sign, by filling, by completing, or by the same choice.

use crate::ids::StageId;
use crate::workflow::advance::Machine;
use crate::workflow::case::{Signature, StageCase};
use crate::workflow::event::HolderNote;

impl StageCase {
    /// Whether it asks for a signature: of each of several, or of each who has a part of their own.
    #[must_use]
    pub fn must_be_signed(&self) -> bool {
        self.holders.len() > 1 || self.holders.iter().any(|it| it.part.is_some())
    }

    /// Somebody signs in every capacity in which it lies with them. What is written anew nobody else has signed yet.
    pub(super) fn sign(&mut self, signature: &Signature, anew: bool) {
        if !self.must_be_signed() {
            return;
        }
        let parts = self.holders.iter().any(|it| it.part.is_some());
        if anew && !parts {
            self.signed.clear();
        }
        for holder in self.holders.iter().filter(|it| it.who.as_ref() == Some(&signature.by)) {
            self.signed.insert(holder.place(), signature.clone());
        }
    }

    /// Whether all have signed with whom it lies; one alone need not.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.holders.len() < 2 || self.unsigned().next().is_none()
    }

    /// What somebody signed in a place of theirs, unless others have chosen otherwise: then it is open again for all.
    #[must_use]
    pub fn signature(&self, place: &str) -> Option<&Signature> {
        let found = self.signed.get(place)?;
        self.signed.values().all(|it| it.choice == found.choice).then_some(found)
    }

    /// With whom it lies who have not signed.
    pub fn unsigned(&self) -> impl Iterator<Item = &HolderNote> {
        self.holders.iter().filter(|it| self.signature(&it.place()).is_none())
    }

    /// The day of the last signature.
    #[must_use]
    pub fn signed_on(&self) -> Option<jiff::civil::Date> {
        self.signed.values().map(|it| it.on).max()
    }
}

impl Machine<'_> {
    /// Whether others must still choose the same before a choice counts.
    pub(super) fn needs_others(&self, id: StageId, signature: &Signature) -> bool {
        let Some(mut state) = self.state(id).cloned() else { return false };
        state.sign(signature, false);
        let agrees = |it: &HolderNote| state.signed.get(&it.place()).is_some_and(|it| it.choice == signature.choice);
        state.holders.len() > 1 && !state.holders.iter().all(agrees)
    }

    /// Whether somebody has done their part of a stage: nothing is asked of them any more.
    pub(super) fn has_signed(&self, id: StageId, note: &HolderNote) -> bool {
        let Some(state) = self.state(id) else { return false };
        if self.committee(id).is_some() {
            return note.who.as_ref().is_some_and(|who| state.votes.iter().any(|it| it.by == *who));
        }
        if self.stage(id).for_each.is_some() {
            return note.who.is_some() && self.outlook.has_done(self.asked_on(id, self.look.today), note);
        }
        let mut theirs = state.holders.iter().filter(|it| it.who.is_some() && it.who == note.who).peekable();
        theirs.peek().is_some() && theirs.all(|it| state.signature(&it.place()).is_some())
    }
}
