//! A committee as the records have it on a day, whatever case it may decide: who sits, and whether that is enough.

use jiff::civil::Date;

use crate::casework::panel::{memberships, seat_of};
use crate::eval::{self, CaseContext, Facts, Scope};
use crate::policy::committee::Committee;
use crate::policy::model::Policy;
use crate::value::{RecordRef, Truth};

/// A committee on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seated {
    /// Who sits, each with the place of their seat.
    pub members: Vec<(RecordRef, usize)>,
    /// How many of them count for the quorum.
    pub counted: usize,
    /// How many must be there.
    pub needed: usize,
    /// Whether any record names a member, if only of other days.
    pub named: bool,
    /// A seat that must be among them, and is empty.
    pub empty: Option<usize>,
}

impl Seated {
    /// Whether it could decide if all of them came.
    #[must_use]
    pub fn can_decide(&self) -> bool {
        self.counted >= self.needed && self.empty.is_none()
    }
}

/// Who sits on a committee by the records on a day: of one record that has it, or of all; nothing where no record names its members.
#[must_use]
pub fn seated(
    policy: &Policy,
    facts: &dyn Facts,
    committee: &Committee,
    body: Option<&RecordRef>,
    on: Date,
) -> Option<Seated> {
    let membership = committee.members?;
    let about = body.cloned().unwrap_or_else(|| RecordRef { record: committee.people, key: "".into() });
    let may_sit = |seat: usize, person: &RecordRef| {
        let Some(condition) = &committee.seats[seat].condition else { return true };
        let context = CaseContext { one: Some(person.clone()), ..CaseContext::default() };
        let scope = Scope::new(policy, policy.main(), facts, about.clone(), None, on);
        eval::truth(&scope.with_context(&context), condition) == Truth::Yes
    };
    let mut members: Vec<(RecordRef, usize)> = Vec::new();
    for record in memberships(policy, facts, membership, body, on) {
        let Some((person, seat)) = seat_of(policy, facts, committee, membership, &record, on) else { continue };
        let taken = members.iter().filter(|it| it.1 == seat).count();
        let free = taken < committee.seats[seat].count as usize && members.iter().all(|it| it.0 != person);
        if free && may_sit(seat, &person) {
            members.push((person, seat));
        }
    }
    let all = || match body {
        Some(body) => facts.children(body, membership.record),
        None => facts.records(membership.record),
    };
    let named = !members.is_empty() || !all().is_empty();
    let quorum = committee.quorum.as_ref();
    let of_voters = quorum.is_none_or(|it| it.of_voters);
    let counted = members.iter().filter(|it| !of_voters || committee.seats[it.1].votes).count();
    let among = quorum.iter().flat_map(|it| &it.among);
    let empty = among.copied().find(|seat| members.iter().all(|it| it.1 != *seat));
    Some(Seated { members, counted, named, needed: committee.needed(0) as usize, empty })
}
