//! A story told once through, with kills or without, and what must hold on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use merit::engine::{Patience, Policies};
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Filter, Store};
use serde_json::Value;

use crate::invariants::{self, Outside};
use crate::picture::Picture;
use crate::plan::Plan;
use crate::server::Server;
use crate::world::{End, Step, Way, World, message_id_of, story};

/// The story without any kill.
pub(crate) struct Reference {
    pub(crate) way: Way,
    steps: Vec<Undisturbed>,
}

/// A step that nobody disturbed: how long it took, how often it passed each point, and what the store held behind it.
struct Undisturbed {
    step: Step,
    took: Duration,
    passes: BTreeMap<String, u64>,
    behind: Picture,
}

impl Reference {
    pub(crate) fn of(origin: &World, way: Way, policies: &Policies, server: &Server) -> Result<Reference, String> {
        let mut life = Life::begin(origin, way, policies, server);
        let mut steps = Vec::new();
        for step in story() {
            let end = life.world.take(&step, None, None)?;
            life.look(&end, step.day)?;
            let End::Finished { took, points, .. } = end else { return Err("killed by somebody else".to_owned()) };
            let mut passes = BTreeMap::new();
            for point in points {
                *passes.entry(point).or_default() += 1;
            }
            steps.push(Undisturbed { step, took, passes, behind: Picture::of(&life.world.snapshot()) });
        }
        Ok(Reference { way, steps })
    }
}

/// What a program that ended told of: (case, stage, step, day, recipient) of each notice.
type Told = BTreeSet<(i64, String, String, String, String)>;

/// A world on its way through the story.
pub(crate) struct Life<'a> {
    pub(crate) world: World,
    way: Way,
    policies: &'a Policies,
    server: &'a Server,
    rev: i64,
    seal: String,
    told: Told,
    sent: usize,
}

impl<'a> Life<'a> {
    pub(crate) fn begin(origin: &World, way: Way, policies: &'a Policies, server: &'a Server) -> Life<'a> {
        let world = origin.twin(way);
        let state = SqliteStore::open(&world.snapshot(), Access::ReadOnly).unwrap().state().unwrap();
        server.seen.lock().unwrap().messages.clear();
        Life { world, way, policies, server, rev: state.rev, seal: state.seal, told: Told::new(), sent: 0 }
    }

    /// Takes every step, killing as planned and starting again until it ends.
    pub(crate) fn live(mut self, reference: &Reference, plan: &mut Plan) -> Result<(), String> {
        for Undisturbed { step, took, passes, behind } in &reference.steps {
            let place = |what: &str, told: String| format!("`merit {}`{what}: {told}", step.words.join(" "));
            let mut left = plan.kills_of_a_step(step);
            loop {
                let kill = (left > 0 && !plan.is_over()).then(|| plan.next(*took, passes));
                let words = kill.map(|it| format!(", {it:?}")).unwrap_or_default();
                let end = self.world.take(step, kill, None).map_err(|told| place(&words, told))?;
                let (finished, points) = match &end {
                    End::Finished { .. } => (true, &[][..]),
                    End::Killed { points } => (false, points.as_slice()),
                };
                self.look(&end, step.day.filter(|_| finished)).map_err(|told| place(&words, told))?;
                if finished {
                    break;
                }
                plan.fell(kill.expect("only what was to be killed was killed"), points);
                left -= 1;
            }
            if let Some(difference) = Picture::of(&self.world.snapshot()).differs_from(behind) {
                return Err(place("", format!("the end is another than without kills\n{difference}")));
            }
        }
        Ok(())
    }

    /// Looks at the store and at what has left, before anything is started again. `day` is that of a run that came to its end.
    pub(crate) fn look(&mut self, end: &End, day: Option<&str>) -> Result<(), String> {
        let mails = self.mails();
        let outside = Outside { mails: &mails, message_id: &World::message_id };
        let store = SqliteStore::open(&self.world.snapshot(), Access::ReadOnly).map_err(|it| format!("I1: {it}"))?;
        let store = &store;
        invariants::what_was_acknowledged_is_kept(store, self.rev, &self.seal)?;
        self.what_was_told_is_kept(store, end)?;
        invariants::each_case_is_in_one_state(store)?;
        invariants::no_effect_is_before_its_cause(store, &outside)?;
        invariants::there_is_one_effect_for_one_key(store, &outside)?;
        invariants::the_chain_verifies(store)?;
        invariants::replay_gives_what_is_stored(store)?;
        invariants::nobody_is_sanctioned_unheard(store, &self.policies.latest().policy)?;
        invariants::dates_follow_from_their_derivations(store, &self.policies.latest().policy, None)?;
        match day {
            Some(day) => self.nothing_is_left_behind(store, day.parse().map_err(|it| format!("{it}"))?),
            None => Ok(()),
        }
    }

    /// I1 from outside: the commits and sent mails that the program had gone past, and the notices that it printed.
    fn what_was_told_is_kept(&mut self, store: &SqliteStore, end: &End) -> Result<(), String> {
        let state = store.state().map_err(|it| it.to_string())?;
        let effects = store.effects(&Filter::default()).map_err(|it| it.to_string())?;
        let sent = effects.iter().filter(|it| it.effect.state == "sent").count();
        match end {
            End::Killed { points } => {
                let passed = |of: &[&str]| points.iter().filter(|it| of.contains(&it.as_str())).count();
                let commits = i64::try_from(passed(&["after-commit", "after-import"])).unwrap_or(i64::MAX);
                if state.rev < self.rev + commits {
                    return Err(format!(
                        "I1: {commits} commits behind {}, and the store is at {}",
                        self.rev, state.rev
                    ));
                }
                let mails = passed(&["after-result"]);
                if sent < self.sent + mails {
                    return Err(format!("I1: {mails} mails were sent besides {}, and {sent} are known", self.sent));
                }
            }
            End::Finished { printed, .. } => self.told.extend(notices(printed)),
        }
        let there: Told = effects
            .iter()
            .map(|row| {
                let effect = &row.effect;
                let recipient = effect.recipient.split_once(':').map_or("", |(_, key)| key).to_owned();
                (row.case_id, effect.stage.clone(), effect.step.clone(), effect.day.clone(), recipient)
            })
            .collect();
        if let Some(lost) = self.told.difference(&there).next() {
            return Err(format!("I1: the notice {lost:?} was told of and is not there"));
        }
        (self.rev, self.seal, self.sent) = (state.rev, state.seal, sent);
        Ok(())
    }

    fn nothing_is_left_behind(&self, store: &SqliteStore, day: Date) -> Result<(), String> {
        let look = Patience::default().look(self.policies.latest().policy.main().end_of_day(day).0, day);
        invariants::nothing_is_orphaned(store, self.policies, &look, "en")?;
        let unsure = if self.way == Way::Folder { "sent" } else { "ambiguous" };
        let settled = ["sent", "merged", "undeliverable", unsure];
        for row in store.effects(&Filter::default()).map_err(|it| it.to_string())? {
            if !settled.contains(&row.effect.state.as_str()) {
                return Err(format!("I3: the effect {} is still `{}`", row.effect.key, row.effect.state));
            }
        }
        match self.world.leftovers().first() {
            Some(path) => Err(format!("I4: {} was left behind", path.display())),
            None => Ok(()),
        }
    }

    fn mails(&self) -> Vec<String> {
        if self.way == Way::Folder {
            return self.world.mails_in_folder();
        }
        // A killed program's last bytes may still be on their way to the server.
        let patience = Instant::now() + Duration::from_secs(20);
        while self.server.seen.lock().unwrap().open > 0 {
            assert!(Instant::now() < patience, "the mail server still waits for somebody");
            std::thread::sleep(Duration::from_millis(1));
        }
        self.server.messages().iter().map(|it| message_id_of(it)).collect()
    }
}

/// The notices that a run printed; none for an import.
fn notices(printed: &Value) -> Told {
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let line = |it: &Value| {
        let case = it["case"].as_i64().unwrap_or_default();
        (case, text(it, "stage"), text(it, "step"), text(it, "date"), text(it, "recipient"))
    };
    printed["notices"].as_array().into_iter().flatten().map(line).collect()
}
