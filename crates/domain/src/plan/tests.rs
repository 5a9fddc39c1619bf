use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;
use crate::limits::Limits;
use crate::money::MicroUsd;
use crate::name::Name;
use crate::time::Millis;

mod properties;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn rules() -> PlanRules {
    let types = [("reader", vec!["read"]), ("writer", vec!["write", "read"]), ("generalist", vec![])];
    let capabilities = |held: Vec<&str>| held.into_iter().map(name).collect::<BTreeSet<_>>();
    PlanRules {
        agent_types: types.into_iter().map(|(one, held)| (name(one), capabilities(held))).collect(),
        generalist: Some(name("generalist")),
        ..PlanRules::default()
    }
}

fn subtask(id: &str, on: &[&str]) -> DraftSubtask {
    DraftSubtask {
        id: id.to_owned(),
        assigned_specialist: "reader".to_owned(),
        dependencies: on.iter().map(|&label| edge(label)).collect(),
        ..DraftSubtask::default()
    }
}

/// `x!` is a required edge.
fn edge(label: &str) -> DraftDependency {
    match label.strip_suffix('!') {
        Some(id) => DraftDependency::Edge { id: id.to_owned(), required: true },
        None => DraftDependency::Label(label.to_owned()),
    }
}

fn draft(rows: &[(&str, &[&str])]) -> PlanDraft {
    PlanDraft { subtasks: rows.iter().map(|(id, on)| subtask(id, on)).collect(), ..PlanDraft::default() }
}

fn plan(rows: &[(&str, &[&str])]) -> Plan {
    validate(&draft(rows), &rules()).unwrap()
}

fn codes(draft: &PlanDraft, rules: &PlanRules) -> Vec<&'static str> {
    validate(draft, rules).unwrap_err().iter().map(PlanError::code).collect()
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

fn from_vector(subtasks: &Value) -> PlanDraft {
    let rows = subtasks.as_object().unwrap().iter();
    PlanDraft { subtasks: rows.map(|(id, on)| subtask(id, &strings(on))).collect(), ..PlanDraft::default() }
}

#[test]
fn vectors_of_phases() {
    for row in vectors()["plan_phases"].as_array().unwrap() {
        let draft = from_vector(&row["subtasks"]);
        let label = |number: u16| draft.subtasks[usize::from(number) - 1].id.as_str();
        let plan = validate(&draft, &rules()).unwrap();
        let found: Vec<Vec<&str>> =
            phases(&plan).iter().map(|phase| phase.iter().map(|&number| label(number)).collect()).collect();
        let expected: Vec<Vec<&str>> = row["phases"].as_array().unwrap().iter().map(strings).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn vectors_of_invalid_plans() {
    let rows = vectors();
    let rows = rows["plan_invalid"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let draft = match row.get("subtasks_list") {
            Some(list) => PlanDraft {
                subtasks: list
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| subtask(one[0].as_str().unwrap(), &strings(&one[1])))
                    .collect(),
                ..PlanDraft::default()
            },
            None => from_vector(&row["subtasks"]),
        };
        assert_eq!(codes(&draft, &rules()), [row["error"].as_str().unwrap()], "{row}");
    }
}

#[test]
fn vectors_of_the_critical_path() {
    let rows = vectors();
    let rows = rows["critical_path_ms"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let tasks = row["tasks"].as_object().unwrap();
        let draft = PlanDraft {
            subtasks: tasks.iter().map(|(id, task)| subtask(id, &strings(&task[1]))).collect(),
            ..PlanDraft::default()
        };
        let plan = validate(&draft, &rules()).unwrap();
        let task = |number: u16| &tasks[&draft.subtasks[usize::from(number) - 1].id];
        let duration = |number| Millis(task(number)[0].as_u64().unwrap());
        let width =
            |number| task(number).get(2).map_or(1, |width| u32::try_from(width.as_u64().unwrap()).unwrap());
        let critical = critical_path(&plan, duration);
        assert_eq!(critical.total.0, row["parallel"].as_u64().unwrap(), "{row}");
        let along: u64 = critical.numbers.iter().map(|&number| duration(number).0).sum();
        assert_eq!(along, critical.total.0, "the path adds up to its total");
        assert_eq!(sequential(&plan, duration, width).0, row["sequential"].as_u64().unwrap(), "{row}");
    }
}

#[test]
fn each_defect_has_its_code_and_a_sentence_that_names_it() {
    let selected = PlanRules { specialists: vec![name("reader")], ..rules() };
    let requires = |what| PlanRules { required_capabilities: vec![name(what)], ..rules() };
    let by = |who: &str, capability: Option<&str>| {
        let mut draft = draft(&[("a", &[])]);
        draft.subtasks[0].assigned_specialist = who.to_owned();
        draft.subtasks[0].capability = capability.map(str::to_owned);
        draft
    };
    let used_up = PlanRules { first_number: u16::MAX, ..rules() };
    let rows = [
        (draft(&[]), rules(), "empty", "at least one"),
        (draft(&[("", &[])]), rules(), "missing_id", "Subtask number 1"),
        (draft(&[("a", &[]), ("a", &[])]), rules(), "duplicate_id", "'a' is used by 2"),
        (draft(&[("a", &["x"])]), rules(), "unknown_reference", "'a' depends on 'x'"),
        (draft(&[("a", &["a!"])]), rules(), "self_edge", "'a' depends on itself"),
        (draft(&[("a", &["c"]), ("b", &["a"]), ("c", &["b"])]), rules(), "cycle", "'a' → 'c' → 'b' → 'a'"),
        (draft(&[("a", &[]), ("b", &["a"])]), PlanRules { depth_max: 1, ..rules() }, "too_deep", "has 2"),
        (draft(&[("a", &[]), ("b", &[])]), PlanRules { subtasks_max: 1, ..rules() }, "too_many", "has 2"),
        (draft(&[("a", &[]), ("b", &[])]), used_up, "too_many", "has 2"),
        (by("poet", None), rules(), "unknown_agent_type", "generalist, reader, writer"),
        (
            by("writer", None),
            PlanRules { specialists: vec![name("reader")], ..rules() },
            "not_selected",
            "Use one of: reader",
        ),
        (by("reader", Some("write")), rules(), "lacks_capability", "'write'"),
        (by("writer", None), selected, "unused_specialist", "'reader' has no subtask"),
        (by("reader", None), requires("write"), "uncovered_capability", "one of: writer"),
        (by("reader", None), requires("dance"), "uncovered_capability", "one of: generalist"),
    ];
    for (draft, rules, code, part) in rows {
        let errors = validate(&draft, &rules).unwrap_err();
        let found = errors.iter().find(|error| error.code() == code);
        let found = found.unwrap_or_else(|| panic!("{code} is not among {errors:?}"));
        assert!(found.to_string().contains(part), "{found}");
    }
}

#[test]
fn every_error_comes_at_once() {
    let mut bad =
        draft(&[("a", &["b", "x"]), ("b", &["a"]), ("b", &[]), ("c", &["c"]), ("d", &["e"]), ("e", &["d"])]);
    bad.subtasks[3].assigned_specialist = "poet".to_owned();
    let rules = PlanRules {
        specialists: vec![name("reader"), name("writer")],
        required_capabilities: vec![name("write")],
        subtasks_max: 5,
        ..rules()
    };
    let mut found = codes(&bad, &rules);
    found.sort_unstable();
    let expected = [
        "cycle",
        "cycle",
        "duplicate_id",
        "self_edge",
        "too_many",
        "uncovered_capability",
        "unknown_agent_type",
        "unknown_reference",
        "unused_specialist",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_dropped_specialist_needs_a_reason_and_a_generalist_covers_what_nobody_has() {
    let mut good = draft(&[("a", &[])]);
    good.subtasks[0].assigned_specialist = "generalist".to_owned();
    good.subtasks[0].capability = Some("dance".to_owned());
    let rules = PlanRules {
        specialists: vec![name("generalist"), name("writer")],
        required_capabilities: vec![name("dance")],
        ..rules()
    };
    assert_eq!(codes(&good, &rules), ["unused_specialist"]);
    good.dropped.push(DroppedSpecialist { agent_type: "writer".to_owned(), reason: " ".to_owned() });
    assert_eq!(codes(&good, &rules), ["unused_specialist"]);
    good.dropped[0].reason = "nothing to write".to_owned();
    let plan = validate(&good, &rules).unwrap();
    assert_eq!(plan.nodes[0].capability, Some(name("dance")));
}

#[test]
fn numbers_go_on_where_the_last_plan_ended_and_edges_are_merged() {
    let rules = PlanRules { first_number: 7, ..rules() };
    let plan = validate(&draft(&[("z", &["y", "y!", "y", "x"]), ("y", &[]), ("x", &[])]), &rules).unwrap();
    let numbers: Vec<u16> = plan.nodes.iter().map(|node| node.number).collect();
    assert_eq!(numbers, [7, 8, 9]);
    let edges = [Dependency { on: 8, required: true }, Dependency { on: 9, required: false }];
    assert_eq!(plan.node(7).unwrap().dependencies, edges);
    assert_eq!(phases(&plan), [vec![8, 9], vec![7]]);
}

#[test]
fn a_phase_follows_the_longest_path_and_ties_go_to_the_lowest_number() {
    let plan = plan(&[("r", &[]), ("a", &[]), ("b", &["a"]), ("c", &["b", "r"]), ("d", &["c", "a"])]);
    assert_eq!(phases(&plan), [vec![1, 2], vec![3], vec![4], vec![5]]);
    let even = critical_path(&plan, |number| Millis(if number == 1 { 20 } else { 10 }));
    assert_eq!(
        (even.total, even.numbers),
        (Millis(40), vec![1, 4, 5]),
        "of equal paths the one of lower numbers"
    );
    let beside = self::plan(&[("a", &[]), ("b", &[])]);
    assert_eq!(critical_path(&beside, |_| Millis(1)).numbers, [1], "also where they end apart");
    assert_eq!(critical_path(&Plan::default(), |_| Millis(1)).numbers, [0; 0]);
}

#[test]
fn a_draft_is_read_as_models_write_it() {
    let text = r#"{"subtasks": [
        {"id": "a", "title": "ignored", "assigned_specialist": "reader", "priority": "high",
         "complexity": "simple", "estimate": {"tokens": 9, "seconds": 2, "cost_micro_usd": 5}},
        {"id": "b", "agent_type": "writer", "dependencies": ["a", {"id": "a", "required": true}]}]}"#;
    let draft: PlanDraft = serde_json::from_str(text).unwrap();
    let plan = validate(&draft, &rules()).unwrap();
    assert_eq!(plan.nodes[0].priority, Priority::High);
    assert_eq!(plan.estimate(), Estimate { tokens: 9, seconds: 2, cost: MicroUsd(5) });
    assert_eq!(plan.nodes[1].dependencies, [Dependency { on: 1, required: true }]);
    let bytes = minicbor::to_vec(&plan).unwrap();
    assert_eq!(minicbor::decode::<Plan>(&bytes).unwrap(), plan);
}

#[test]
fn a_complexity_has_one_name() {
    for complexity in [Complexity::Simple, Complexity::Moderate, Complexity::Complex] {
        assert_eq!(serde_json::to_value(complexity).unwrap(), complexity.as_str());
    }
}

#[test]
fn a_plan_may_be_as_large_and_as_deep_as_the_limits() {
    let full = draft(&[("a", &[]), ("b", &["a"])]);
    for (subtasks_max, depth_max, passes) in [(2, 2, true), (1, 2, false), (2, 1, false)] {
        let rules = PlanRules { subtasks_max, depth_max, ..rules() };
        assert_eq!(validate(&full, &rules).is_ok(), passes, "{subtasks_max} subtasks, {depth_max} deep");
    }
}

/// Ends so far; then ready, skipped and waiting.
type ReadyRow<'a> = (&'a [(u16, Settled)], &'a [u16], &'a [u16], &'a [u16]);

#[test]
fn readiness_follows_accepted_failed_and_required() {
    use Settled::{Accepted, Failed, Skipped};
    // 1, 2; 3 of both; 4 requires 2; 5 of 4; 6 requires 4.
    let plan =
        plan(&[("a", &[]), ("b", &[]), ("c", &["a", "b"]), ("d", &["b!"]), ("e", &["d"]), ("f", &["d!"])]);
    let rows: [ReadyRow<'_>; 6] = [
        (&[], &[1, 2], &[], &[3, 4, 5, 6]),
        (&[(1, Accepted)], &[2], &[], &[3, 4, 5, 6]),
        (&[(1, Accepted), (2, Accepted)], &[3, 4], &[], &[5, 6]),
        (&[(1, Accepted), (2, Failed)], &[3, 5], &[4, 6], &[]),
        (&[(2, Failed)], &[1, 5], &[4, 6], &[3]),
        (&[(1, Failed), (2, Failed), (4, Skipped), (6, Skipped)], &[3, 5], &[], &[]),
    ];
    for (ends, ready, skipped, waiting) in rows {
        let ends: BTreeMap<u16, Settled> = ends.iter().copied().collect();
        let found = readiness(&plan, |number| ends.get(&number).copied());
        let expected =
            Readiness { ready: ready.to_vec(), skipped: skipped.to_vec(), waiting: waiting.to_vec() };
        assert_eq!(found, expected, "{ends:?}");
    }
}

#[test]
fn urgent_subtasks_come_first() {
    let mut draft = draft(&[("a", &[]), ("b", &[]), ("c", &[]), ("d", &[])]);
    draft.subtasks[0].priority = Priority::Low;
    draft.subtasks[2].priority = Priority::High;
    let plan = validate(&draft, &rules()).unwrap();
    assert_eq!(readiness(&plan, |_| None).ready, [3, 2, 4, 1]);
}

#[test]
fn the_worst_case_counts_every_run_turn_round_and_wire_attempt() {
    let plan = plan(&[("a", &[]), ("b", &[])]);
    let limits = Limits {
        subtask_cycles_max: 1,
        agent_turns_max: 2,
        final_review_rounds_max: 1,
        wire_attempts_max: 2,
        ..Limits::default()
    };
    let ceilings = CallCeilings {
        review: MicroUsd(1),
        coordinate: MicroUsd(10),
        synthesise: MicroUsd(100),
        final_review: MicroUsd(1_000),
    };
    let turn = |node: &PlanNode| MicroUsd(10_000 * u64::from(node.number));
    // Runs: 3 each. ((2 × 10,000 + 1) + (2 × 20,000 + 1)) × 3 + 10 + 2 × 1,100, twice.
    assert_eq!(worst_case_cost(&plan, &limits, &ceilings, turn), MicroUsd((60_002 * 3 + 10 + 2_200) * 2));
    let endless = |_: &PlanNode| MicroUsd(u64::MAX);
    assert_eq!(worst_case_cost(&plan, &limits, &ceilings, endless), MicroUsd(u64::MAX));
}

#[test]
fn a_long_chain_does_not_exhaust_the_stack() {
    let rows = 60_000_u32;
    let ring = |at: u32| DraftSubtask {
        id: at.to_string(),
        dependencies: vec![DraftDependency::Label(((at + 1) % rows).to_string())],
        ..subtask("", &[])
    };
    let draft = PlanDraft { subtasks: (0..rows).map(ring).collect(), dropped: Vec::new() };
    assert_eq!(codes(&draft, &rules()), ["too_many", "cycle"]);
}
