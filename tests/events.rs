//! What an event says of itself (its kind, stage and day, who did it, and the key of whoever asked for it), and what a case makes of it.

use jiff::civil::{Date, date};
use merit::workflow::{
    Act, Again, Case, Deed, Event, HolderNote, NoticeAct, NoticeState, Suspension, done_or_over, notices_of,
};

fn event(line: &str) -> Event {
    serde_json::from_str(&line.replace('\'', "\"")).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn case(lines: &[&str]) -> Case {
    let events: Vec<Event> = lines.iter().map(|it| event(it)).collect();
    Case::replay(&events)
}

/// `filled of plan, 2026-03-05, by Ada, k: Ada: fill aim`
fn said(event: &Event) -> String {
    let stage = event.stage().map_or_else(String::new, |it| format!(" of {it}"));
    let by = event.by().map_or_else(String::new, |it| format!(", by {} {}", it.0, it.1));
    let keyed = event.keyed().map_or_else(String::new, |(key, what)| format!(", {key}: {what}"));
    let notices = notices_of(event).iter().map(|it| format!(", {} to {}", it.message, it.to.1)).collect::<String>();
    format!("{}{stage}, {}{by}{keyed}{notices}", event.kind(), event.day())
}

const OPENED: &str =
    "{'event': 'case_opened', 'workflow': 'permit', 'subject_type': 'nurse', 'subject': 'Nan', 'period': '', 'nth': 1,
    'policy': 1, 'on': '2026-03-01', 'at_start_of_period': false, 'adopted': null}";
const PLAN: &str = "{'event': 'stage_opened', 'stage': 'plan', 'round': 1, 'opening': {'day': '2026-03-02', 'anchor':
    {'event': {'day': '2026-03-02', 'what': 'x'}}}, 'dates': {}, 'holders': [{'who': ['nurse', 'Ada'], 'capacity': 'clerk', 'why': []}]}";

/// Events, each with what it says of itself.
const SAID: &[(&str, &str)] = &[
    (OPENED, "case_opened, 2026-03-01"),
    (PLAN, "stage_opened of plan, 2026-03-02"),
    ("{'event': 'stage_left_out', 'stage': 'plan', 'on': '2026-03-03'}", "stage_left_out of plan, 2026-03-03"),
    (
        "{'event': 'dates_moved', 'stage': 'plan', 'round': 1, 'dates': {}, 'on': '2026-03-04', 'why': ''}",
        "dates_moved of plan, 2026-03-04",
    ),
    (
        "{'event': 'assigned', 'stage': 'plan', 'round': 1, 'holders': [], 'since': '2026-03-05'}",
        "assigned of plan, 2026-03-05",
    ),
    ("{'event': 'clock_changed', 'suspensions': [], 'on': '2026-03-06'}", "clock_changed, 2026-03-06"),
    (
        "{'event': 'step_taken', 'mark': {'stage': 'plan', 'round': 1, 'step': 'remind-1', 'nth': 1}, 'rung': false, 'day': '2026-03-07',
        'due': null, 'notices': [{'to': ['nurse', 'Ada'], 'capacity': 'clerk', 'message': 'due', 'state': 'due'}], 'default': null, 'nobody': []}",
        "step_taken of plan, 2026-03-07, due to Ada",
    ),
    (
        "{'event': 'step_skipped', 'mark': {'stage': 'plan', 'round': 1, 'step': 'remind-1', 'nth': 1}, 'day': '2026-03-08', 'why': 'stale'}",
        "step_skipped of plan, 2026-03-08",
    ),
    (
        "{'event': 'held', 'stage': 'plan', 'round': 1, 'step': null, 'was_due': '2026-03-01', 'on': '2026-03-09', 'until': '2026-03-11',
        'notices': [{'to': ['nurse', 'Ada'], 'capacity': 'clerk', 'message': 'late', 'state': 'due'}]}",
        "held of plan, 2026-03-09, late to Ada",
    ),
    (
        "{'event': 'chosen', 'stage': 'plan', 'round': 1, 'choice': 'agree', 'by': ['nurse', 'Ada'], 'on': '2026-03-10', 'late': false, 'key': 'k'}",
        "chosen of plan, 2026-03-10, by nurse Ada, k: Ada: choose agree",
    ),
    (
        "{'event': 'chosen', 'stage': 'plan', 'round': 1, 'choice': 'reduce', 'instead': 'warning', 'by': ['', 'panel'], 'on': '2026-03-10',
        'late': false, 'key': 'k'}",
        "chosen of plan, 2026-03-10, k: panel: choose reduce to warning",
    ),
    (
        "{'event': 'filled', 'stage': 'plan', 'round': 1, 'fields': ['aim', 'end'], 'by': ['nurse', 'Ada'], 'on': '2026-03-11', 'key': 'k'}",
        "filled of plan, 2026-03-11, by nurse Ada, k: Ada: fill aim, end",
    ),
    (
        "{'event': 'confirmed', 'stage': 'look', 'on': '2026-03-11', 'values': [{'record': 'nurse', 'field': 'aim', 'value': {'plain': {'Text': 'x'}},
        'by': ['nurse', 'Ada'], 'on': '2026-03-11'}]}",
        "confirmed of look, 2026-03-11",
    ),
    ("{'event': 'confirmed', 'stage': null, 'on': '2026-03-11', 'values': []}", "confirmed, 2026-03-11"),
    (
        "{'event': 'completed', 'stage': 'plan', 'round': 1, 'by': ['nurse', 'Ada'], 'on': '2026-03-12', 'key': 'k'}",
        "completed of plan, 2026-03-12, by nurse Ada, k: Ada: complete",
    ),
    (
        "{'event': 'signed', 'stage': 'plan', 'round': 1, 'choice': 'agree', 'by': ['nurse', 'Ada'], 'on': '2026-03-13', 'key': 'k'}",
        "signed of plan, 2026-03-13, by nurse Ada, k: Ada: choose agree",
    ),
    (
        "{'event': 'extended', 'stage': 'plan', 'round': 2, 'length': {'count': 3, 'unit': 'days'}, 'dates': {}, 'anew': [],
        'by': ['nurse', 'Ada'], 'on': '2026-03-14', 'key': 'k'}",
        "extended of plan, 2026-03-14, by nurse Ada, k: Ada: extend by 3 days",
    ),
    (
        "{'event': 'voted', 'stage': 'plan', 'round': 1, 'choice': 'reduce', 'instead': 'warning', 'by': ['nurse', 'Ada'], 'on': '2026-03-15', 'key': 'k'}",
        "voted of plan, 2026-03-15, by nurse Ada, k: Ada: choose reduce to warning",
    ),
    (
        "{'event': 'recused', 'stage': 'plan', 'round': 1, 'by': ['nurse', 'Ada'], 'on': '2026-03-16', 'key': 'k'}",
        "recused of plan, 2026-03-16, by nurse Ada, k: Ada: recuse",
    ),
    ("{'event': 'motion_fell', 'stage': 'plan', 'round': 1, 'on': '2026-03-17'}", "motion_fell of plan, 2026-03-17"),
    (
        "{'event': 'committee_formed', 'stage': 'plan', 'round': 1, 'nth': 1, 'members': [], 'on': '2026-03-18'}",
        "committee_formed of plan, 2026-03-18",
    ),
    (
        "{'event': 'committee_late', 'stage': 'plan', 'round': 1, 'on': '2026-03-19', 'defaults': []}",
        "committee_late of plan, 2026-03-19",
    ),
    (
        "{'event': 'sent', 'stage': 'plan', 'round': 1, 'notices': [{'to': ['nurse', 'Nan'], 'capacity': 'nurse', 'message': 'letter', 'state': 'due'}],
        'by': ['nurse', 'Ada'], 'on': '2026-03-20', 'key': 'k'}",
        "sent of plan, 2026-03-20, by nurse Ada, k: Ada: send, letter to Nan",
    ),
    (
        "{'event': 'sent', 'stage': 'plan', 'round': 1, 'notices': [], 'on': '2026-03-20', 'key': 'k'}",
        "sent of plan, 2026-03-20",
    ),
    (
        "{'event': 'accepted', 'stage': 'plan', 'round': 1, 'to': ['nurse', 'Nan'], 'on': '2026-03-21'}",
        "accepted of plan, 2026-03-21",
    ),
    (
        "{'event': 'received', 'stage': 'plan', 'round': 1, 'to': ['nurse', 'Nan'], 'day': '2026-03-20', 'how': 'entered',
        'by': ['nurse', 'Ada'], 'on': '2026-03-22', 'key': 'k'}",
        "received of plan, 2026-03-22, by nurse Ada, k: Ada: receive on 2026-03-20",
    ),
    (
        "{'event': 'called_off', 'how': 'withdrawn', 'by': ['nurse', 'Ada'], 'on': '2026-03-23', 'key': 'k'}",
        "withdrawn, 2026-03-23, by nurse Ada, k: Ada: withdraw",
    ),
    (
        "{'event': 'called_off', 'how': 'cancelled', 'by': ['nurse', 'Ada'], 'on': '2026-03-23', 'key': 'k'}",
        "cancelled, 2026-03-23, by nurse Ada, k: Ada: cancel",
    ),
    (
        "{'event': 'called_off', 'how': 'exempted', 'by': ['nurse', 'Ada'], 'on': '2026-03-23', 'key': 'k'}",
        "exempted, 2026-03-23, by nurse Ada, k: Ada: exempt",
    ),
    (
        "{'event': 'lifted', 'by': ['nurse', 'Ada'], 'on': '2026-03-24', 'key': 'k'}",
        "lifted, 2026-03-24, by nurse Ada, k: Ada: lift",
    ),
    (
        "{'event': 'alarmed', 'rule': 'warning', 'last': '2026-06-30', 'notices': [{'to': ['nurse', 'Nan'], 'capacity': 'nurse',
        'message': 'ends', 'state': 'due'}], 'on': '2026-03-25'}",
        "alarmed, 2026-03-25, ends to Nan",
    ),
    (
        "{'event': 'suspended', 'by': ['nurse', 'Ada'], 'on': '2026-03-26', 'key': 'k'}",
        "suspended, 2026-03-26, by nurse Ada, k: Ada: suspend",
    ),
    (
        "{'event': 'resumed', 'by': ['nurse', 'Ada'], 'on': '2026-03-27', 'key': 'k'}",
        "resumed, 2026-03-27, by nurse Ada, k: Ada: resume",
    ),
    (
        "{'event': 'corrected', 'stage': 'plan', 'fields': ['aim', 'end'], 'by': ['nurse', 'Ada'], 'on': '2026-03-28', 'key': 'k'}",
        "corrected of plan, 2026-03-28, by nurse Ada, k: Ada: correct aim, end",
    ),
    (
        "{'event': 'went_back', 'from': 'talk', 'to': 'plan', 'again': ['plan'], 'on': '2026-03-29'}",
        "went_back of talk, 2026-03-29",
    ),
    (
        "{'event': 'stage_done', 'stage': 'plan', 'round': 1, 'on': '2026-03-30', 'late': false}",
        "stage_done of plan, 2026-03-30",
    ),
    (
        "{'event': 'stage_lapsed', 'stage': 'plan', 'round': 1, 'on': '2026-03-31', 'mark': null}",
        "stage_lapsed of plan, 2026-03-31",
    ),
    (
        "{'event': 'moved', 'from': 1, 'to': 2, 'on': '2026-04-01', 'by': 'registrar', 'because': ''}",
        "moved, 2026-04-01",
    ),
    ("{'event': 'case_ended', 'how': 'completed', 'on': '2026-04-02', 'mark': null}", "case_ended, 2026-04-02"),
    (
        "{'event': 'expunged', 'workflow': 'permit', 'rule': 'x', 'entries': 3, 'on': '2026-04-03'}",
        "case_expunged, 2026-04-03",
    ),
    (
        "{'event': 'notice_acted_on', 'act': 'release', 'key': 'x', 'stage': 'plan', 'message': 'due', 'to': 'Ada', 'because': '', 'on': '2026-04-04'}",
        "notice_released of plan, 2026-04-04",
    ),
    (
        "{'event': 'notice_acted_on', 'act': 'drop', 'key': 'x', 'stage': 'plan', 'message': 'due', 'to': 'Ada', 'because': '', 'on': '2026-04-04'}",
        "notice_dropped of plan, 2026-04-04",
    ),
    (
        "{'event': 'notice_acted_on', 'act': 'retry', 'key': 'x', 'stage': 'plan', 'message': 'due', 'to': 'Ada', 'because': '', 'on': '2026-04-04'}",
        "notice_retried of plan, 2026-04-04",
    ),
];

#[test]
fn every_event_says_what_it_is_where_when_and_by_whom() {
    for (line, expected) in SAID {
        assert_eq!(said(&event(line)), *expected);
    }
}

#[test]
fn an_act_without_a_key_is_known_by_none() {
    for (line, _) in SAID {
        assert_eq!(event(&line.replace("'key': 'k'", "'key': null")).keyed(), None, "{line}");
    }
}

/// Whoever repeats an act with its key after the case went on is told that it is done, and nobody else is.
#[test]
fn what_was_done_by_a_key_is_known_by_it_until_the_case_is_destroyed() {
    for (line, _) in SAID {
        let event = event(line);
        let Some((key, what)) = event.keyed() else { continue };
        let case = case(&[OPENED, PLAN]).after(&event);
        assert_eq!(case.acts.get(&key), Some(&what), "{line}");
    }
}

fn act(by: &str, what: Deed, key: &str) -> Act {
    let by = ("nurse".to_owned(), by.to_owned());
    Act { by, what, stage: None, because: None, key: Some(key.to_owned()) }
}

#[test]
fn a_key_stands_for_one_act_of_one_person() {
    let sent = "{'event': 'received', 'stage': 'plan', 'round': 1, 'to': ['nurse', 'Nan'], 'day': '2026-03-20', 'how': 'entered',
        'by': ['nurse', 'Ada'], 'on': '2026-03-22', 'key': 'k'}";
    let case = case(&[OPENED, PLAN, sent]);
    let day = |day| Deed::Receive(Some(date(2026, 3, day)));
    let refused = |act: &Act| done_or_over(&case, act).unwrap().unwrap_err().to_string();
    assert_eq!(done_or_over(&case, &act("Ada", day(20), "k")), Some(Ok(())));
    // A receipt without a day is one of whatever day it was taken for, but of nothing else.
    assert_eq!(done_or_over(&case, &act("Ada", Deed::Receive(None), "k")), Some(Ok(())));
    let other = "this key was given to another act in the case; that was Ada: receive on 2026-03-20";
    assert_eq!(refused(&act("Ada", day(21), "k")), other);
    assert_eq!(refused(&act("Ada", Deed::Complete, "k")), other);
    assert_eq!(refused(&act("Eve", Deed::Receive(None), "k")), other);
    assert_eq!(done_or_over(&case, &act("Ada", Deed::Complete, "another")), None);
}

#[test]
fn after_the_end_only_what_it_brought_into_force_is_lifted() {
    let ended = case(&[OPENED, "{'event': 'case_ended', 'how': 'completed', 'on': '2026-04-02', 'mark': null}"]);
    let told = done_or_over(&ended, &act("Ada", Deed::Complete, "k")).unwrap().unwrap_err();
    assert_eq!(told.to_string(), "the case ended on 2026-04-02");
    assert_eq!(done_or_over(&ended, &act("Ada", Deed::Lift, "k")), None);
}

#[test]
fn some_acts_are_for_those_with_whom_a_stage_lies_and_others_for_whom_the_policy_names() {
    let choose = Deed::Choose { choice: "agree".to_owned(), instead: None };
    let theirs =
        [choose, Deed::Fill(vec![]), Deed::Complete, Deed::Send, Deed::Receive(None), Deed::Recuse, Deed::EndVote];
    assert!(theirs.iter().all(Deed::is_for_holders));
    let others = [Deed::Suspend, Deed::Resume, Deed::Correct(vec![]), Deed::Lift];
    assert!(!others.iter().any(Deed::is_for_holders));
}

/// A nurse is the one concerned of a case about her, and whoever owns a record of the case about that: by the key before the last stroke.
#[test]
fn a_case_concerns_whom_it_is_about_or_the_owner_of_what_it_is_about() {
    let who = |kind: &str, key: &str| (kind.to_owned(), key.to_owned());
    let of = |subject_type: &str, subject: &str| Case {
        subject_type: subject_type.to_owned(),
        subject: subject.to_owned(),
        ..Case::default()
    };
    let hers = of("nurse", "Nan");
    assert!(hers.concerns(&who("nurse", "Nan")));
    assert!(!hers.concerns(&who("nurse", "Ada")));
    assert!(!hers.concerns(&who("doctor", "Nan")));
    let plan = of("plan", "Nan/2026/3");
    assert!(plan.concerns(&who("nurse", "Nan/2026")));
    assert!(plan.concerns(&who("plan", "Nan/2026/3")));
    assert!(!plan.concerns(&who("plan", "Nan/2026")));
    assert!(!plan.concerns(&who("nurse", "Ada")));
    assert!(!plan.concerns(&who("nurse", "Nan/2026/3")));
}

fn sent_to(whom: &str, on: &str) -> String {
    format!(
        "{{'event': 'sent', 'stage': 'plan', 'round': 1, 'notices': [{{'to': ['nurse', '{whom}'], 'capacity': 'x', 'message': 'm',
        'state': 'due'}}], 'on': '{on}'}}"
    )
}

fn accepted(whom: &str, on: &str) -> String {
    format!("{{'event': 'accepted', 'stage': 'plan', 'round': 1, 'to': ['nurse', '{whom}'], 'on': '{on}'}}")
}

fn received(whom: &str, day: &str) -> String {
    format!(
        "{{'event': 'received', 'stage': 'plan', 'round': 1, 'to': ['nurse', '{whom}'], 'day': '{day}', 'how': 'deemed', 'on': '{day}'}}"
    )
}

fn post(lines: &[String]) -> (Option<Date>, Option<Date>) {
    let all: Vec<&str> = [OPENED, PLAN].into_iter().chain(lines.iter().map(String::as_str)).collect();
    let case = case(&all);
    let plan = &case.stages["plan"];
    (case.left_on(plan), case.received(plan))
}

#[test]
fn what_was_sent_left_and_was_received_on_the_day_of_the_one_concerned_else_of_the_last() {
    let day = |day| Some(date(2026, 3, day));
    assert_eq!(post(&[]), (None, None));
    // Nan is whom the case is about: what goes to others does not count.
    let both = [sent_to("Ada", "2026-03-09"), sent_to("Nan", "2026-03-05")];
    assert_eq!(post(&both), (day(5), None));
    let [ada, nan] = both.clone();
    assert_eq!(post(&[ada.clone(), nan.clone(), received("Ada", "2026-03-12")]), (day(5), None));
    assert_eq!(post(&[ada.clone(), nan.clone(), received("Nan", "2026-03-13")]), (day(5), day(13)));
    // It left when it was accepted, but not before it was sent; who accepts it first, counts.
    assert_eq!(post(&[nan.clone(), accepted("Nan", "2026-03-07"), accepted("Nan", "2026-03-08")]).0, day(7));
    assert_eq!(post(&[nan, accepted("Nan", "2026-03-04")]).0, day(5));
    // Where nothing goes to her, all must have it.
    let others = [ada, sent_to("Eve", "2026-03-10"), received("Eve", "2026-03-11")];
    assert_eq!(post(&others), (day(10), None));
    let [ada, eve, first] = others;
    assert_eq!(post(&[ada, eve, first, received("Ada", "2026-03-14")]).1, day(14));
}

#[test]
fn nobody_is_late_whose_clock_stands_still_since_the_due_date() {
    let at = |day| date(2026, 3, day);
    let stood = |from, until: Option<i8>| Case {
        suspensions: vec![Suspension { from: at(from), until: until.map(at) }],
        ..Case::default()
    };
    assert!(!Case::default().is_late(at(10), at(10)));
    assert!(Case::default().is_late(at(10), at(11)));
    assert!(!stood(10, None).is_late(at(10), at(12)));
    assert!(!stood(9, Some(12)).is_late(at(10), at(12)));
    assert!(stood(9, Some(11)).is_late(at(10), at(12)));
    assert!(stood(11, None).is_late(at(10), at(12)));
    assert!(stood(9, Some(11)).stands_still_on(at(11)));
    assert!(stood(9, Some(11)).stands_still_on(at(9)));
    assert!(!stood(9, Some(11)).stands_still_on(at(8)));
    assert!(!stood(9, Some(11)).stands_still_on(at(12)));
}

#[test]
fn a_clock_stopped_and_let_run_on_one_day_did_not_stand_still() {
    let hand = |what: &str, on: &str| format!("{{'event': '{what}', 'by': ['nurse', 'Ada'], 'on': '{on}'}}");
    let (stop, same, later) =
        (hand("suspended", "2026-03-05"), hand("resumed", "2026-03-05"), hand("resumed", "2026-03-07"));
    let stopped = case(&[OPENED, &stop]);
    assert_eq!(stopped.suspended_by_hand(), Some(date(2026, 3, 5)));
    assert_eq!(case(&[OPENED, &stop, &same]).by_hand, []);
    let stood = Suspension { from: date(2026, 3, 5), until: Some(date(2026, 3, 6)) };
    let ran = case(&[OPENED, &stop, &later]);
    assert_eq!((ran.by_hand.clone(), ran.suspended_by_hand()), (vec![stood], None));
}

#[test]
fn an_extension_is_a_round_but_no_coming_anew() {
    let extended = "{'event': 'extended', 'stage': 'plan', 'round': 2, 'length': {'count': 3, 'unit': 'days'}, 'dates': {}, 'anew': [],
        'by': ['nurse', 'Ada'], 'on': '2026-03-14'}";
    let plan = &case(&[OPENED, PLAN, extended]).stages["plan"];
    assert_eq!((plan.round, plan.opened_in_round(), plan.came_anew()), (2, 1, false));
    let again = PLAN.replace("'round': 1", "'round': 2");
    let plan = &case(&[OPENED, PLAN, &again]).stages["plan"];
    assert_eq!((plan.opened_in_round(), plan.came_anew()), (2, true));
}

#[test]
fn a_stage_to_which_the_case_goes_back_has_not_ended_and_those_behind_wait() {
    let talk = PLAN.replace("'plan'", "'talk'");
    let done = "{'event': 'stage_done', 'stage': 'plan', 'round': 1, 'on': '2026-03-10', 'late': false}";
    let back = "{'event': 'went_back', 'from': 'talk', 'to': 'plan', 'again': ['plan', 'talk'], 'on': '2026-03-11'}";
    let before = case(&[OPENED, PLAN, done, &talk]);
    assert!(before.stages["plan"].has_ended() && !before.stages["talk"].has_ended());
    let after = case(&[OPENED, PLAN, done, &talk, back]);
    assert_eq!(after.stages["plan"].again, Again::Since(date(2026, 3, 11)));
    assert_eq!(after.stages["talk"].again, Again::Behind);
    assert!(!after.stages["plan"].has_ended() && !after.stages["talk"].has_ended());
    assert_eq!((after.went_back("talk", "plan"), after.went_back("plan", "talk")), (1, 0));
}

#[test]
fn a_stage_that_is_left_out_when_it_comes_anew_is_in_its_next_round() {
    let left_out = "{'event': 'stage_left_out', 'stage': 'plan', 'on': '2026-03-12'}";
    let back = "{'event': 'went_back', 'from': 'plan', 'to': 'plan', 'again': ['plan'], 'on': '2026-03-11'}";
    let first = case(&[OPENED, left_out]).stages["plan"].round;
    let anew = case(&[OPENED, PLAN, back, left_out]).stages["plan"].round;
    assert_eq!((first, anew), (1, 2));
}

#[test]
fn a_case_that_was_destroyed_knows_only_that_it_was_there() {
    let gone = case(&[
        OPENED,
        PLAN,
        "{'event': 'expunged', 'workflow': 'permit', 'rule': 'x', 'entries': 3, 'on': '2026-04-03'}",
    ]);
    assert_eq!(
        (gone.workflow.as_str(), gone.status.word(), gone.ended),
        ("permit", "expunged", Some(date(2026, 4, 3)))
    );
    assert!(gone.stages.is_empty() && gone.subject.is_empty());
}

#[test]
fn what_a_holder_signs_for_is_their_capacity_or_their_own_part() {
    let note = |part: Option<(&str, &str)>| HolderNote {
        who: None,
        capacity: "reviewer".to_owned(),
        why: Vec::new(),
        part: part.map(|(kind, key)| (kind.to_owned(), key.to_owned())),
    };
    assert_eq!(note(None).place(), "reviewer");
    assert_eq!(note(Some(("review", "R1"))).place(), "reviewer R1");
}

#[test]
fn a_notice_that_gave_way_still_stands_in_its_event() {
    let line = SAID[6].0.replace("'state': 'due'", "'state': 'merged'");
    assert_eq!(notices_of(&event(&line))[0].state, NoticeState::Merged);
}

fn voted(who: &str, choice: &str) -> String {
    format!(
        "{{'event': 'voted', 'stage': 'plan', 'round': 1, 'choice': '{choice}', 'by': ['nurse', '{who}'], 'on': '2026-03-15'}}"
    )
}

fn votes(lines: &[&str]) -> Vec<String> {
    let (ada, eve) = (voted("Ada", "agree"), voted("Eve", "agree"));
    let all: Vec<&str> = [OPENED, PLAN, &ada, &eve].into_iter().chain(lines.iter().copied()).collect();
    case(&all).stages["plan"].votes.iter().map(|it| format!("{} {}", it.by.1, it.choice)).collect()
}

#[test]
fn a_vote_stands_until_it_is_cast_anew_or_whoever_cast_it_leaves_or_nothing_carries() {
    assert_eq!(votes(&[]), ["Ada agree", "Eve agree"]);
    assert_eq!(votes(&[&voted("Ada", "object")]), ["Eve agree", "Ada object"]);
    let recused = "{'event': 'recused', 'stage': 'plan', 'round': 1, 'by': ['nurse', 'Ada'], 'on': '2026-03-16'}";
    assert_eq!(votes(&[recused]), ["Eve agree"]);
    let formed = "{'event': 'committee_formed', 'stage': 'plan', 'round': 1, 'nth': 1, 'members': [{'who': ['nurse', 'Eve'], 'seat': 'member',
        'why': []}], 'on': '2026-03-18'}";
    assert_eq!(votes(&[formed]), ["Eve agree"]);
    assert!(votes(&["{'event': 'motion_fell', 'stage': 'plan', 'round': 1, 'on': '2026-03-17'}"]).is_empty());
    let late = "{'event': 'committee_late', 'stage': 'plan', 'round': 1, 'on': '2026-03-19', 'defaults': []}";
    assert!(votes(&[late]).is_empty());
}

#[test]
fn whoever_sat_on_a_committee_that_was_late_is_known_to_have() {
    let late = "{'event': 'committee_late', 'stage': 'plan', 'round': 1, 'on': '2026-03-19', 'defaults': []}";
    let formed = case(&[OPENED, PLAN, late]).stages["plan"].formed.clone().unwrap();
    assert_eq!((formed.nth, formed.members.len(), formed.before[0].until), (2, 0, date(2026, 3, 19)));
    let who = |kind: &str, key: &str| (kind.to_owned(), key.to_owned());
    assert!(formed.sat_before(&who("nurse", "Ada")));
    assert!(!formed.sat_before(&who("nurse", "Eve")) && !formed.sat_before(&who("doctor", "Ada")));
}

#[test]
fn steps_that_wait_are_over_one_by_one_and_those_that_do_not_count_from_the_due_date_stay_taken() {
    let held = |step: &str| {
        format!(
            "{{'event': 'held', 'stage': 'plan', 'round': 1, 'step': {step}, 'was_due': '2026-03-01', 'on': '2026-03-09',
            'until': '2026-03-11', 'notices': []}}"
        )
    };
    let taken = |step: &str, nth: u32| {
        format!(
            "{{'event': 'step_skipped', 'mark': {{'stage': 'plan', 'round': 1, 'step': '{step}', 'nth': {nth}}}, 'day': '2026-03-11', 'why': 'stale'}}"
        )
    };
    let extended = "{'event': 'extended', 'stage': 'plan', 'round': 2, 'length': {'count': 3, 'unit': 'days'}, 'dates': {}, 'anew': ['b'],
        'by': ['nurse', 'Ada'], 'on': '2026-03-14'}";
    let [lapse, first, second] = ["null", "['a', 1]", "['b', 2]"].map(held);
    let plan = |lines: &[&str]| {
        let all: Vec<&str> = [OPENED, PLAN, &lapse, &first, &second].into_iter().chain(lines.iter().copied()).collect();
        case(&all).stages["plan"].clone()
    };
    let waiting = |lines: &[&str]| -> Vec<Option<String>> {
        plan(lines).held.iter().map(|it| it.step.as_ref().map(|it| it.0.clone())).collect()
    };
    let name = |it: &str| Some(it.to_owned());
    assert_eq!(waiting(&[]), [None, name("a"), name("b")]);
    assert_eq!(plan(&[]).lapse_held_until(), Some(date(2026, 3, 11)));
    assert_eq!(waiting(&[&taken("a", 1)]), [None, name("b")]);
    assert_eq!(waiting(&[&taken("b", 1)]), [None, name("a"), name("b")]);
    let count = |lines: &[&str]| plan(lines).steps.clone().into_iter().collect::<Vec<_>>();
    let counted = [("a".to_owned(), 1), ("b".to_owned(), 2)];
    assert_eq!(count(&[&taken("b", 1)]), counted);
    assert_eq!((count(&[extended]), waiting(&[extended])), (counted[..1].to_vec(), vec![]));
}

#[test]
fn what_is_done_with_a_notice_has_the_word_that_people_use() {
    let words = [NoticeAct::Release, NoticeAct::Drop, NoticeAct::Retry].map(NoticeAct::word);
    assert_eq!(words, ["release", "drop", "retry"]);
}

#[test]
fn a_stage_that_has_its_old_name_again_is_formerly_nothing_else() {
    let moved = |from: &str, to: &str| {
        format!(
            "{{'event': 'moved', 'from': 1, 'to': 2, 'on': '2026-04-01', 'by': 'registrar', 'because': '', 'stages': [{{'stage': '{from}', 'becomes': '{to}'}}]}}"
        )
    };
    let (there, back) = (moved("plan", "draft"), moved("draft", "plan"));
    let once = case(&[OPENED, PLAN, &there]);
    assert_eq!(once.formerly.iter().collect::<Vec<_>>(), [(&"plan".to_owned(), &"draft".to_owned())]);
    let again = case(&[OPENED, PLAN, &there, &back]);
    assert_eq!(again.formerly.iter().collect::<Vec<_>>(), [(&"draft".to_owned(), &"plan".to_owned())]);
}

#[test]
fn what_is_entered_anew_takes_the_place_of_itself_and_what_counts_waits_no_more() {
    let value = |field: &str, words: &str| {
        format!(
            "{{'record': 'nurse', 'field': '{field}', 'value': {{'plain': {{'Text': '{words}'}}}}, 'by': ['nurse', 'Ada'], 'on': '2026-03-11'}}"
        )
    };
    let filled = |values: &[String]| {
        let (fields, values) = ("'aim'", values.join(", "));
        format!(
            "{{'event': 'filled', 'stage': 'plan', 'round': 1, 'fields': [{fields}], 'entered': [{values}], 'by': ['nurse', 'Ada'], 'on': '2026-03-11'}}"
        )
    };
    let first = filled(&[value("aim", "much"), value("end", "soon")]);
    let again = filled(&[value("aim", "more")]);
    let counts =
        format!("{{'event': 'confirmed', 'stage': 'plan', 'on': '2026-03-12', 'values': [{}]}}", value("aim", "more"));
    let waits = |lines: &[&str]| {
        let case = case(lines);
        case.entered.iter().map(|it| format!("{} {:?}", it.field, it.value)).collect::<Vec<_>>().join("; ")
    };
    let waiting = waits(&[OPENED, PLAN, &first, &again]);
    assert!(waiting.contains("end") && waiting.contains("more") && !waiting.contains("much"), "{waiting}");
    let waiting = waits(&[OPENED, PLAN, &first, &again, &counts]);
    assert!(waiting.contains("end") && !waiting.contains("aim"), "{waiting}");
}

#[test]
fn a_stage_that_opens_behind_a_move_is_spared_where_its_day_lies_before_it() {
    let moved = "{'event': 'moved', 'from': 1, 'to': 2, 'on': '2026-04-01', 'by': 'registrar', 'because': ''}";
    let opened = |day: &str| PLAN.replace("2026-03-02", day);
    let spared = |day: &str| case(&[OPENED, moved, &opened(day)]).stages["plan"].spared;
    assert_eq!(spared("2026-03-02"), Some(date(2026, 4, 1)));
    assert_eq!((spared("2026-04-01"), spared("2026-04-02")), (None, None));
    assert_eq!(case(&[OPENED, PLAN]).stages["plan"].spared, None);
}

#[test]
fn how_often_a_case_was_sent_back_is_known_by_the_name_that_a_stage_has_now() {
    let back =
        "{'event': 'went_back', 'from': 'look', 'to': 'plan', 'again': ['plan'], 'on': '2026-03-20', 'mark': null}";
    let moved = "{'event': 'moved', 'from': 1, 'to': 2, 'on': '2026-04-01', 'by': 'registrar', 'because': '', 'stages': [{'stage': 'plan', 'becomes': 'draft'}]}";
    let before = case(&[OPENED, PLAN, back]);
    assert_eq!((before.went_back("look", "plan"), before.went_back("look", "draft")), (1, 0));
    let after = case(&[OPENED, PLAN, back, moved]);
    assert_eq!((after.went_back("look", "plan"), after.went_back("look", "draft")), (0, 1));
}
