//! Whom a changed fact concerns: found from the record, back along the ways by which workflows and frameworks read it. What is looked at
//! in vain gives nothing, so that some too many do no harm.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::eval::Facts;
use crate::forecast::written::Written;
use crate::ids::{FieldId, RecordId, WorkflowId};
use crate::policy::model::{Policy, Shape};
use crate::policy::{Found, Read, Reference, Way, again_and_again};
use crate::value::RecordRef;

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reader {
    /// The cases of a workflow.
    Workflow(WorkflowId),
    /// A framework, by its place.
    Framework(usize),
}

/// Who reads, the type of their subjects, and the way from those to what is read.
type ReadBy = (Reader, RecordId, Vec<Way>);

/// Which facts are read by whom.
#[derive(Debug, Default)]
pub(super) struct Reading {
    by_field: HashMap<Place, Vec<ReadBy>>,
}

/// Subjects by who reads; nothing: all of them.
pub(super) type Concerned = BTreeMap<Reader, Option<BTreeSet<Arc<str>>>>;

impl Reading {
    pub(super) fn of(policy: &Policy) -> Self {
        let mut all = Self::default();
        for flow in (0..policy.workflows.len()).map(WorkflowId::at) {
            let subject = policy.workflow(flow).subject;
            policy.reads(flow).facts.into_iter().for_each(|it| all.add(Reader::Workflow(flow), subject, it));
        }
        for (at, framework) in policy.frameworks.iter().enumerate() {
            // One who is compared with others can't be judged alone.
            if !policy.judges_all_at_once(framework) {
                let reads = policy.reads_of_judgement(framework).facts;
                reads.into_iter().for_each(|it| all.add(Reader::Framework(at), framework.subject, it));
            }
        }
        all
    }

    fn add(&mut self, reader: Reader, subject: RecordId, read: Read) {
        self.by_field.entry((read.record, read.field)).or_default().push((reader, subject, read.path));
    }

    /// Whom a field of a record concerns, or of what is kept by period of that record.
    pub(super) fn concerned(&self, facts: &Written<'_>, policy: &Policy, of: &RecordRef, place: Place) -> Concerned {
        let mut all = Concerned::new();
        for (reader, subject, path) in self.by_field.get(&place).into_iter().flatten() {
            let mut found = Some(Found::from([(of.record, BTreeSet::from([Arc::clone(&of.key)]))]));
            for way in path.iter().rev() {
                found = found.and_then(|it| back_along(facts, policy, way, &it));
            }
            let known = all.entry(*reader).or_insert_with(|| Some(BTreeSet::new()));
            match found {
                None => *known = None,
                Some(mut found) => {
                    if let Some(known) = known {
                        known.extend(found.remove(subject).unwrap_or_default());
                    }
                }
            }
        }
        all
    }
}

/// A field of a record type.
pub(super) type Place = (RecordId, FieldId);

/// Where a way leads from can't be told.
struct NoWay;

/// The records from which a part of the way leads to one of these; nothing where that can't be told.
fn back_along(facts: &Written<'_>, policy: &Policy, way: &Way, found: &Found) -> Option<Found> {
    match way {
        Way::One(reference) => referring(facts, policy, *reference, found),
        Way::Owner(child) => {
            let owner = policy.child_of(*child)?;
            let owners = found.get(&owner).into_iter().flatten();
            let of = |key: &Arc<str>| RecordRef { record: owner, key: Arc::clone(key) };
            let children = owners.flat_map(|it| facts.children(&of(it), *child)).map(|it| it.key).collect();
            Some(Found::from([(*child, children)]))
        }
        Way::Children(record) => Some(policy.owners(*record, found)),
        Way::Back((holder, field)) => {
            if matches!(policy.record(*holder).shape, Shape::Panel { .. }) {
                return None;
            }
            let keys = found.get(holder).into_iter().flatten();
            let of = |key: &Arc<str>| RecordRef { record: *holder, key: Arc::clone(key) };
            Some(by_type(keys.flat_map(|it| facts.named_by(&of(it), *field))))
        }
        Way::Any(references) => {
            let step = |it: &Reference, fresh: &Found| referring(facts, policy, *it, fresh).ok_or(NoWay);
            again_and_again(found, |fresh| references.iter().map(|it| step(it, fresh)).collect()).ok()
        }
        Way::Below(reference) => {
            let step = |fresh: &Found| back_along(facts, policy, &Way::Back(*reference), fresh);
            again_and_again(found, |fresh| step(fresh).map(|it| vec![it]).ok_or(NoWay)).ok()
        }
    }
}

fn by_type(records: impl Iterator<Item = RecordRef>) -> Found {
    let mut found = Found::new();
    records.for_each(|it| {
        found.entry(it.record).or_default().insert(it.key);
    });
    found
}

fn referring(facts: &Written<'_>, policy: &Policy, (holder, field): Reference, found: &Found) -> Option<Found> {
    if matches!(policy.record(holder).shape, Shape::Panel { .. }) {
        return None;
    }
    let named = found.iter().flat_map(|(record, keys)| keys.iter().map(|key| (*record, Arc::clone(key))));
    Some(by_type(named.flat_map(|(record, key)| facts.referring(&RecordRef { record, key }, holder, field))))
}
