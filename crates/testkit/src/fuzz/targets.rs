//! Everything that reads bytes which somebody else may have written or damaged.

use divisi_domain::id::{TaskId, WorkspaceId};
use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_domain::plan::{
    Complexity, DraftDependency, DraftSubtask, Estimate, Plan, PlanDraft, PlanRules, Priority, Settled,
    critical_path, phases, readiness, validate,
};
use divisi_domain::task::{Task, decode, encode};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::crew;
use divisi_engine::requests::parse_output;
use divisi_llm::outputs::{Decomposition, SubtaskDraft};
use divisi_store::packed::{Packed, Place, pack, unpack};
use divisi_store::{NewEvent, StreamRef};
use divisi_tools::documents::{ParseLimits, parse};

use crate::samples;

/// One reader.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// Inputs that it understands.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Panics where a promise is broken.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "event", seeds: event_seeds, run: event },
    Target { name: "record", seeds: record_seeds, run: record },
    Target { name: "snapshot", seeds: snapshot_seeds, run: snapshot },
    Target { name: "plan", seeds: || corpus(PLANS), run: plan },
    Target { name: "crew", seeds: crew_seeds, run: crew_file },
    Target { name: "txt", seeds: || corpus(TEXTS), run: |bytes| document(bytes, "a.txt") },
    Target { name: "md", seeds: || corpus(TEXTS), run: |bytes| document(bytes, "a.md") },
    Target { name: "html", seeds: || corpus(PAGES), run: |bytes| document(bytes, "a.html") },
    Target { name: "csv", seeds: || corpus(TABLES), run: |bytes| document(bytes, "a.csv") },
    Target { name: "json", seeds: || corpus(VALUES), run: |bytes| document(bytes, "a.json") },
    Target { name: "pdf", seeds: || corpus(PRINTS), run: |bytes| document(bytes, "a.pdf") },
];

const PLANS: &[&[u8]] = &[
    include_bytes!("../../../../fuzz/corpus/plan/three.json"),
    include_bytes!("../../../../fuzz/corpus/plan/diamond.json"),
];
const TEXTS: &[&[u8]] = &[
    include_bytes!("../../../../fuzz/corpus/txt/notes.txt"),
    include_bytes!("../../../../fuzz/corpus/md/guide.md"),
];
const PAGES: &[&[u8]] = &[include_bytes!("../../../../fuzz/corpus/html/page.html")];
const TABLES: &[&[u8]] = &[
    include_bytes!("../../../../fuzz/corpus/csv/sales.csv"),
    include_bytes!("../../../../fuzz/corpus/csv/semicolons.csv"),
];
const VALUES: &[&[u8]] = &[
    include_bytes!("../../../../fuzz/corpus/json/records.json"),
    include_bytes!("../../../../fuzz/corpus/json/lines.jsonl"),
];
const PRINTS: &[&[u8]] = &[include_bytes!("../../../../fuzz/corpus/pdf/page.pdf")];

fn corpus(files: &[&[u8]]) -> Vec<Vec<u8>> {
    files.iter().map(|file| file.to_vec()).collect()
}

/// Two bytes of kind and one of version, then the body.
fn event_seeds() -> Vec<Vec<u8>> {
    let seed = |event: &divisi_domain::task::Event| {
        let mut bytes = event.kind().to_be_bytes().to_vec();
        bytes.push(1);
        bytes.extend(encode(event));
        bytes
    };
    samples::events().iter().map(seed).collect()
}

fn event(bytes: &[u8]) {
    let Some(([high, low, version], body)) = bytes.split_first_chunk::<3>() else { return };
    let Ok(event) = decode(u16::from_be_bytes([*high, *low]), *version, body) else { return };
    let again = decode(event.kind(), 1, &encode(&event));
    // NaN has no place in events, so equality is exact.
    assert!(again.as_ref().ok() == Some(&event), "{event:?} is written so that it reads as {again:?}");
}

fn place(stream: &StreamRef) -> Place<'_> {
    Place { stream, last_seq: 40, at: Timestamp::from_millis(1_700_000_000_000) }
}

fn stream() -> StreamRef {
    StreamRef::new(WorkspaceId::from_bytes([1; 16]), TaskId::from_bytes([2; 16]))
}

/// The length of the kinds, the kinds, the data.
fn record_seeds() -> Vec<Vec<u8>> {
    samples::events().chunks(5).map(packed).collect()
}

fn packed(events: &[divisi_domain::task::Event]) -> Vec<u8> {
    let input = divisi_domain::id::InputId([3; 16]);
    let new = |event| NewEvent {
        kind: divisi_domain::task::Event::kind(event),
        kind_version: 1,
        input_id: input,
        body: encode(event),
    };
    let new: Vec<NewEvent> = events.iter().map(new).collect();
    let mut into = Packed::default();
    pack(place(&stream()), &[input], &new, &mut into);
    let mut bytes = vec![u8::try_from(into.kinds.len()).unwrap_or(0)];
    bytes.extend(into.kinds.as_bytes());
    bytes.extend(&into.data);
    bytes
}

/// Nothing but what was packed has its checksum.
fn record(bytes: &[u8]) {
    let Some((kinds_len, rest)) = bytes.split_first() else { return };
    let Some((kinds, data)) = rest.split_at_checked(usize::from(*kinds_len)) else { return };
    let Ok(kinds) = std::str::from_utf8(kinds) else { return };
    let whole = record_seeds().iter().any(|seed| seed == bytes);
    let unpacked = unpack(place(&stream()), kinds, data).is_some();
    assert_eq!(unpacked, whole, "whether a record of {} bytes is unpacked, and is whole", data.len());
}

fn snapshot_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for seed in 0..12 {
        if let Ok(stream) = crate::chaos::run(seed, 60)
            && let Some(task) = stream.task()
            && let Ok(bytes) = minicbor::to_vec(task)
        {
            seeds.push(bytes);
        }
    }
    seeds
}

#[expect(clippy::panic, reason = "a finding")]
fn snapshot(bytes: &[u8]) {
    let Ok(task) = minicbor::decode::<Task>(bytes) else { return };
    let written = minicbor::to_vec(&task).unwrap_or_default();
    match minicbor::decode::<Task>(&written) {
        Ok(again) if again == task => {}
        other => panic!("a task is written so that it reads otherwise ({:?})", other.err()),
    }
}

#[expect(clippy::panic, reason = "a finding")]
fn plan(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(decomposition) = parse_output::<Decomposition>(Purpose::Decompose, text) else { return };
    let kinds = ["analyst", "researcher"].map(Name::from_static);
    let agent_types = kinds.into_iter().map(|kind| (kind, std::collections::BTreeSet::new())).collect();
    let rules = PlanRules { agent_types, ..PlanRules::default() };
    match validate(&draft(&decomposition), &rules) {
        Ok(plan) => check_plan(&plan),
        Err(errors) if errors.is_empty() => panic!("a plan was refused without a reason"),
        Err(errors) => drop(errors.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}

/// The graph as it was written.
fn draft(plan: &Decomposition) -> PlanDraft {
    let edge = |of: &SubtaskDraft, id: &String| DraftDependency::Edge {
        id: id.clone(),
        required: of.required_dependencies.contains(id),
    };
    let subtask = |of: &SubtaskDraft| DraftSubtask {
        id: of.id.clone(),
        assigned_specialist: of.assigned_specialist.clone(),
        capability: None,
        dependencies: of.dependencies.iter().map(|id| edge(of, id)).collect(),
        priority: Priority::Medium,
        complexity: Complexity::Moderate,
        estimate: Estimate::default(),
    };
    PlanDraft { subtasks: plan.subtasks.iter().map(subtask).collect(), dropped: Vec::new() }
}

/// Whatever was accepted can be run to its end.
fn check_plan(plan: &Plan) {
    let in_phases: usize = phases(plan).iter().map(Vec::len).sum();
    let path = critical_path(plan, |_| Millis(1));
    assert_eq!(in_phases, plan.nodes.len(), "every subtask has a phase");
    assert!(path.total.0 <= plan.nodes.len() as u64, "{path:?}");
    let mut settled = std::collections::BTreeSet::new();
    while settled.len() < plan.nodes.len() {
        let ready = readiness(plan, |number| settled.contains(&number).then_some(Settled::Accepted));
        assert!(!ready.ready.is_empty(), "nothing is ready, and {} are settled of {plan:?}", settled.len());
        settled.extend(ready.ready);
    }
}

fn crew_seeds() -> Vec<Vec<u8>> {
    crew::shipped().iter().map(|shipped| shipped.source.as_bytes().to_vec()).collect()
}

fn crew_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(faults) = crew::parse(text) {
        assert!(!faults.to_string().trim().is_empty(), "a crew was refused without a reason");
    }
}

/// What is read of a document lies within it, on whole characters.
fn document(bytes: &[u8], name: &str) {
    let parsed = match parse(bytes, name, &ParseLimits::default()) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(!error.to_string().trim().is_empty(), "a document was refused without a reason");
            return;
        }
    };
    let within = |start: u32, end: u32| parsed.text.get(start as usize..end as usize).is_some();
    let end = u32::try_from(parsed.text.len()).unwrap_or(u32::MAX);
    let lines = parsed.lines.iter().map(|start| (*start, end));
    let pages = parsed.pages.iter().flatten().map(|start| (*start, end));
    let headings = parsed.headings.iter().map(|heading| (heading.start, heading.end));
    let rows = parsed.table.iter().flat_map(|table| &table.rows).map(|row| (row.start, row.end));
    for (start, end) in lines.chain(pages).chain(headings).chain(rows) {
        assert!(within(start, end), "{start}..{end} lies outside of a text of {} bytes", parsed.text.len());
    }
    let in_order = parsed.lines.is_sorted() && parsed.lines.first() == Some(&0);
    assert!(in_order, "lines start at {:?}", parsed.lines);
}
