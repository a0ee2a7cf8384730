//! The real program, killed over and over: nothing that it acknowledged is lost, nothing is done twice or forgotten, and the end is
//! the same as without any kill.
//!
//! `MERIT_KILLS` says how often (200 times; 20 where `CI` is set), `MERIT_SEED` where chance begins. Half of the kills come after a
//! random part of the time that the same call takes undisturbed, half at named points, before and after each commit and each send.

// The named points are nothing in a release build, and only Unix tells a kill from another end.
#![cfg(all(unix, debug_assertions))]
#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use merit::engine::Policies;
use merit::store::Store;
use merit::store::sqlite::{Access, SqliteStore};

mod folders;
#[path = "crash/life.rs"]
mod life;
#[path = "crash/picture.rs"]
mod picture;
#[path = "crash/plan.rs"]
mod plan;
#[path = "crash/world.rs"]
mod world;

#[path = "deliver/beside.rs"]
mod beside;
mod invariants;
#[expect(dead_code, reason = "what the script of the delivery tests can do besides")]
#[path = "deliver/server.rs"]
mod server;

use beside::mail_server;
use life::{Life, Reference};
use plan::Plan;
use server::Script;
use world::{ADOPTED, End, Kill, Step, Way, World, story};

fn policies(world: &World) -> Policies {
    let store = SqliteStore::open(&world.snapshot(), Access::ReadOnly).unwrap();
    Policies::load(&store, None).unwrap()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|it| it.parse().unwrap_or_else(|_| panic!("{name} is no number: {it}")))
}

#[test]
fn a_killed_program_loses_and_repeats_nothing() {
    let began = Instant::now();
    let kills = number("MERIT_KILLS").unwrap_or(if std::env::var_os("CI").is_some() { 20 } else { 200 });
    let seed = number("MERIT_SEED").unwrap_or(20_260_701);
    let origin = World::deployed();
    let (policies, server) = (policies(&origin), mail_server(Script::default()));
    let ways = [Way::Folder, Way::Smtp { port: server.port }];
    let references = ways.map(|way| Reference::of(&origin, way, &policies, &server).unwrap());
    let mut plan = Plan::new(seed, kills);
    let mut lives = 0;
    while !plan.is_over() {
        let reference = &references[lives % references.len()];
        lives += 1;
        assert!(lives <= 20 + kills as usize, "the kills do not fall where they should: {}", plan.tally);
        let lived = Life::begin(&origin, reference.way, &policies, &server).live(reference, &mut plan);
        lived.unwrap_or_else(|told| panic!("seed {seed}, life {lives} ({:?}), {told}", reference.way));
    }
    // Written past the test's capture: the numbers are the point of the test.
    let words = format!("crash test: seed {seed}, {lives} lives, {:.0?}: {}", began.elapsed(), plan.tally);
    writeln!(std::io::stderr(), "{words}").unwrap();
    plan.tally.every_phase_was_hit().unwrap();
}

#[test]
fn a_mail_that_leaves_before_its_cause_is_committed_is_found() {
    let world = World::deployed();
    let (policies, server) = (policies(&world), mail_server(Script::default()));
    let mut life = Life::begin(&world, Way::Folder, &policies, &server);
    let calm = |it: &&Step| it.words[1] == "records" || it.day.is_some();
    for (step, reminds) in story().iter().filter(calm).take(3).zip([false, false, true]) {
        let (kill, fault) =
            if reminds { (Some(Kill::At("before-commit", 1)), Some("send-before-commit")) } else { (None, None) };
        let end = life.world.take(step, kill, fault).unwrap();
        assert_eq!(matches!(end, End::Killed { .. }), reminds, "{end:?}");
        let told = life.look(&end, None);
        match told {
            Ok(()) => assert!(!reminds, "the fault was not found"),
            Err(told) => assert!(reminds && told.starts_with("I5: "), "{told}"),
        }
    }
}

#[test]
fn a_deploy_that_was_killed_is_made_good_by_the_next_one() {
    let origin = World::undeployed();
    let deploy = Step { words: ["deploy", "--adopt", ADOPTED].map(str::to_owned).to_vec(), day: None };
    let End::Finished { took, .. } = origin.twin(Way::Folder).take(&deploy, None, None).unwrap() else {
        panic!("killed by somebody else")
    };
    for part in 1..=20 {
        let world = origin.twin(Way::Folder);
        world.take(&deploy, Some(Kill::After(took * part / 20)), None).unwrap();
        let in_force = world.path("merit.db").exists().then(|| {
            let store = rusqlite::Connection::open(world.snapshot()).unwrap();
            let sql = "select count(*) from policies, store where adopted is null";
            // The tables may not be there yet.
            store.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_or(0)
        });
        assert!(in_force.is_none_or(|it| it == 0), "a policy is in force without a day of adoption");
        let report = world.call(&deploy.words).unwrap();
        assert_eq!((&report["version"], &report["adopted"]), (&1.into(), &ADOPTED.into()));
        world.call(&["journal", "verify"]).unwrap();
    }
}

#[test]
fn a_store_that_was_begun_and_never_filled_is_filled() {
    let world = World::undeployed();
    let begun = rusqlite::Connection::open(world.path("merit.db")).unwrap();
    begun.pragma_update(None, "journal_mode", "wal").unwrap();
    drop(begun);
    assert!(std::fs::metadata(world.path("merit.db")).unwrap().len() > 0, "the header is written at once");
    world.call(&["deploy", "--adopt", ADOPTED]).unwrap();
    world.call(&["import", "records", "--from", ADOPTED]).unwrap();
    world.call(&["journal", "verify"]).unwrap();
}

#[test]
fn a_store_whose_checkpoint_was_cut_short_is_whole_with_its_log() {
    let world = World::deployed();
    // While it is open here, the program leaves its log standing.
    let open = rusqlite::Connection::open(world.path("merit.db")).unwrap();
    open.query_row("select count(*) from commits", [], |row| row.get::<_, i64>(0)).unwrap();
    world.call(&["import", "records", "--from", ADOPTED]).unwrap();
    let (cut, whole) = (world.snapshot(), world.path("whole.db"));
    std::fs::copy(&cut, &whole).unwrap();
    std::fs::copy(world.path("merit.db-wal"), world.path("whole.db-wal")).unwrap();
    let checkpointed = rusqlite::Connection::open(&whole).unwrap();
    checkpointed.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).unwrap();
    drop(checkpointed);
    let (pages, length) = first_page_arrives(&whole, &cut);
    assert!(length < pages, "the head promises {pages} bytes, and {length} are there");
    let rev = SqliteStore::open(&cut, Access::ReadOnly).unwrap().state().unwrap().rev;
    let store = SqliteStore::open(&cut, Access::Write).unwrap();
    assert_eq!(store.state().unwrap().rev, rev);
    assert_eq!(rev, 2, "the import is there");
    invariants::the_chain_verifies(&store).unwrap();
}

/// A checkpoint writes pages in their order; here it was stopped behind the first. Gives the length that its head promises, and the
/// file's.
fn first_page_arrives(whole: &Path, cut: &Path) -> (u64, u64) {
    let bytes = std::fs::read(whole).unwrap();
    let page = u64::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let mut file = std::fs::OpenOptions::new().write(true).open(cut).unwrap();
    file.write_all(&bytes[..usize::try_from(page).unwrap()]).unwrap();
    let pages = u32::from_be_bytes([bytes[28], bytes[29], bytes[30], bytes[31]]);
    (page * u64::from(pages), file.metadata().unwrap().len())
}
