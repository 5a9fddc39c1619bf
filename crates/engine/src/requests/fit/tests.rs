use std::sync::Arc;

use divisi_domain::limits::Limits;
use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_llm::inputs::{
    AcceptedSolution, CitationCheck, CitationFinding, Dependency, DocumentBrief, Inputs, SubtaskBrief,
};
use divisi_llm::outputs::{Citation, Claim, Solution, TopicFindings};
use divisi_llm::{Message, Request, ToolCall, ToolOffer};
use divisi_tools::corpus::{Attachment, Corpus};
use divisi_tools::documents::{Kind, Parsed};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::core::rooms;
use crate::crew::{Crew, purpose_of, samples, shipped};
use crate::requests::{RequestError, narrow, passages, sampling, schema, tokens};

const UNLIMITED: u32 = UNLIMITED_TOKENS;

fn research() -> Crew {
    shipped().iter().find(|crew| crew.name == "research").unwrap().parse().unwrap()
}

fn room(tokens: u32) -> Room {
    let (output_tokens_max, thought_tokens) = (u32::MAX, 0);
    Room { input_tokens_max: tokens, output_tokens_max, thought_tokens, input_tokens_reserved: None }
}

fn corpus() -> Corpus {
    let filler = "The paper is heavy and the ink is brown, as it was then the custom. ".repeat(40);
    let text = format!("# Colophon\n\nThe year of printing is 1791, in Wien.\n\n# Paper\n\n{filler}");
    let parsed = Arc::new(Parsed::plain(Kind::Txt, text));
    Corpus::build(vec![Attachment { name: "score.txt".to_owned(), parsed: Ok(parsed) }])
}

fn made(
    inputs: Inputs,
    tokens: u32,
    transcript: Vec<Message>,
    wrong: Option<&str>,
) -> Result<Request, RequestError> {
    let (crew, corpus) = (research(), corpus());
    let purpose = purpose_of(&inputs);
    let budget = Budget::of(Some(&room(tokens)));
    let tools = match purpose {
        Purpose::Work => vec![ToolOffer {
            name: Name::from_static("search_documents"),
            description: "Searches.".to_owned(),
            schema: json!({"type": "object"}).into(),
        }],
        _ => Vec::new(),
    };
    let possible = narrow::Possible {
        agent_types: vec!["reader".to_owned()],
        sources: vec!["D1".to_owned()],
        subtasks: vec![1],
        specialists_max: 2,
        subtasks_max: 3,
        is_brief: budget.is_small(),
        ..narrow::Possible::default()
    };
    let schema =
        if budget.is_limited() { schema::within(purpose, possible) } else { Arc::clone(schema::of(purpose)) };
    let mut sampling = sampling(&Limits::default(), purpose);
    sampling.output_tokens_max = budget.output(sampling.output_tokens_max);
    let passages = match &inputs {
        Inputs::Work(work) if budget.is_small() => passages::best(&corpus, work, budget.passages()),
        _ => Vec::new(),
    };
    let model = Name::from_static("m");
    let fixed = tokens::Fixed::of(&tools, schema.tokens());
    let making = Making {
        crew: &crew,
        corpus: &corpus,
        budget,
        purpose,
        model,
        wrong,
        tools,
        fixed,
        schema,
        sampling,
    };
    making.fitted(Draft {
        inputs: inputs.into(),
        transcript,
        passages,
        without_tools: false,
        unlisted: None,
        left_out: Vec::new(),
    })
}

/// All its tokens.
fn counted(request: &Request) -> u64 {
    let fixed = tokens::Fixed::of(&request.tools, tokens::of_json(&request.schema));
    tokens::of_request(request, &fixed)
}

fn user(request: &Request) -> &str {
    match &request.messages[0] {
        Message::User { text } => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn prompts_of_every_purpose_at_three_rooms() {
    for (name, tokens) in [("4k", 4_096), ("16k", 16_384), ("unlimited", UNLIMITED)] {
        for inputs in samples::full() {
            let purpose = purpose_of(&inputs).as_str();
            let request = made(inputs, tokens, Vec::new(), None).unwrap();
            let text = format!(
                "about {} tokens, {} for the answer\n=== system\n{}\n\n=== user\n{}",
                counted(&request),
                request.sampling.output_tokens_max,
                request.system,
                user(&request)
            );
            insta::assert_snapshot!(format!("{purpose}_{name}"), text);
        }
    }
}

#[test]
fn whoever_has_all_the_room_gets_what_was_always_sent() {
    let crew = research();
    for inputs in samples::full().into_iter().chain(samples::sparse()).map(|inputs| big(inputs, 40, 2_000)) {
        let rendered = crew.render(&inputs).unwrap();
        let request = made(inputs.clone(), UNLIMITED, turns(6, 50_000), Some("wrong")).unwrap();
        assert_eq!((&*request.system, user(&request)), (&*rendered.system, rendered.user.as_str()));
        assert_eq!(request.schema, schema::of(request.purpose).value());
        assert_eq!(*request.inputs, inputs);
        assert_eq!(request.messages[1..13], turns(6, 50_000));
        assert_eq!(request.sampling, sampling(&Limits::default(), request.purpose));
        for tokens in [0, 100, CONTEXT_TOKENS_MIN - 1] {
            assert_eq!(made(inputs.clone(), tokens, turns(6, 50_000), Some("wrong")).unwrap(), request);
        }
    }
}

fn claim(number: usize, quote_bytes: usize) -> Claim {
    let citation = Citation {
        source: "D1".to_owned(),
        file: "score.txt".to_owned(),
        end: 9,
        quote: "quoted ".repeat(quote_bytes / 7),
        ..Citation::default()
    };
    Claim { text: format!("Claim {number} says something."), citations: vec![citation], subtasks: vec![1] }
}

fn solution(claims: usize, quote_bytes: usize) -> Solution {
    let claims = (0..claims).map(|number| claim(number, quote_bytes)).collect();
    Solution { summary: "It is so.".to_owned(), claims, confidence: 0.5, ..Solution::default() }
}

/// The inputs with much more of what there may be more of.
fn big(mut inputs: Inputs, many: usize, quote_bytes: usize) -> Inputs {
    let document = |number: usize| DocumentBrief {
        source: format!("D{number}"),
        file: format!("file{number}.txt"),
        headings: vec!["A heading of it".to_owned(); 20],
        ..DocumentBrief::default()
    };
    let documents = (1..=many).map(document).collect();
    let accepted = |subtask: &SubtaskBrief| AcceptedSolution {
        subtask: subtask.clone(),
        solution: solution(many, quote_bytes),
        score_hundredths: 800,
    };
    let checks = |claims: &[Claim]| {
        let citations = claims.iter().flat_map(|claim| claim.citations.clone());
        citations.map(|citation| CitationCheck { citation, finding: CitationFinding::Exact }).collect()
    };
    let topic = || TopicFindings {
        topic: "Printing".to_owned(),
        key_points: solution(many, quote_bytes).claims,
        ..TopicFindings::default()
    };
    match &mut inputs {
        Inputs::Analyse(input) => input.task.documents = documents,
        Inputs::Select(input) => input.task.documents = documents,
        Inputs::Decompose(input) => input.task.documents = documents,
        Inputs::Work(input) => {
            input.task.documents = documents;
            let dependency = |_| Dependency {
                subtask: input.subtask.clone(),
                solution: Some(solution(many, quote_bytes)),
                gap: None,
            };
            input.dependencies = (0..3).map(dependency).collect();
        }
        Inputs::Review(input) => {
            input.solution = solution(many, quote_bytes);
            input.citation_checks = checks(&input.solution.claims);
        }
        Inputs::Coordinate(input) => input.solutions = vec![accepted(&SubtaskBrief::default()); 3],
        Inputs::Synthesise(input) => {
            input.solutions = vec![accepted(&SubtaskBrief::default()); 3];
            input.coordination.structured_findings = vec![topic(), topic()];
        }
        Inputs::FinalReview(input) => {
            input.coordination.structured_findings = vec![topic()];
            input.report.answer = solution(3, quote_bytes).claims;
            input.citation_checks = checks(&input.report.answer);
        }
    }
    inputs
}

fn turns(count: usize, chars: usize) -> Vec<Message> {
    let turn = |number: usize| {
        let id = format!("c{number}");
        let call = ToolCall {
            id: id.clone(),
            tool: "search_documents".to_owned(),
            arguments: json!({"query": "q"}),
        };
        let content = "word ".repeat(chars / 5);
        let tool = Name::from_static("search_documents");
        [
            Message::Assistant { text: String::new(), tool_calls: vec![call] },
            Message::Tool { call_id: id, tool, content, ok: true },
        ]
    };
    (0..count).flat_map(turn).collect()
}

#[test]
fn reductions_come_in_their_order_and_are_said() {
    let work = samples::full().into_iter().find(|inputs| matches!(inputs, Inputs::Work(_))).unwrap();
    let said = |request: &Request| {
        user(request).split_once("Left out for want of room: ").map(|(_, said)| said.to_owned())
    };
    assert_eq!(said(&made(work.clone(), 32_000, turns(2, 1_000), None).unwrap()), None);
    let results = made(work.clone(), 12_000, turns(5, 9_000), None).unwrap();
    assert_eq!(said(&results).unwrap(), "parts of earlier tool results.");
    let Some(Message::Tool { content: newest, .. }) = results.messages.last() else { panic!() };
    assert!(!newest.contains("[shortened"), "the newest stays whole");
    let Message::Tool { content: earlier, .. } = &results.messages[2] else { panic!() };
    assert!(earlier.contains("[shortened: ") && earlier.ends_with("of 9000 characters]"), "{earlier}");
    let quotes = made(big(work.clone(), 12, 1_400), 16_000, Vec::new(), None).unwrap();
    let left = said(&quotes).unwrap();
    assert!(
        left.starts_with("what was handed in and said in earlier cycles; quotations of earlier findings"),
        "{left}"
    );
    let Inputs::Work(input) = &*quotes.inputs else { panic!() };
    let kept = input.dependencies[0].solution.as_ref().unwrap();
    assert_eq!((kept.claims.len(), kept.claims[0].citations.len()), (12, 1), "claims and citations stay");
    assert!(
        user(&quotes).contains("The year of printing is 1791"),
        "retrieval takes the place of what was left out"
    );
}

#[test]
fn a_small_model_finds_what_it_may_cite_in_its_first_prompt() {
    let work = samples::full().into_iter().find(|inputs| matches!(inputs, Inputs::Work(_))).unwrap();
    let request = made(work, 2_048, Vec::new(), None).unwrap();
    let text = user(&request);
    let line = text.lines().find(|line| line.contains("The year of printing is 1791, in Wien.")).unwrap();
    let citation: Citation = serde_json::from_str(line).unwrap();
    assert_eq!((citation.source.as_str(), citation.file.as_str()), ("D1", "score.txt"));
    let corpus = corpus();
    let span = (u32::try_from(citation.start).unwrap(), u32::try_from(citation.end).unwrap());
    let check = corpus.check_citation("D1", span.0, span.1, &citation.quote);
    assert_eq!(check, divisi_tools::corpus::CitationCheck::Exact);
    assert_eq!(request.sampling.output_tokens_max, 512);
}

#[test]
fn what_cannot_be_left_out_is_told_before_it_is_sent() {
    let mut inputs = samples::full().remove(0);
    if let Inputs::Analyse(input) = &mut inputs {
        input.task.description = "word ".repeat(20_000);
    }
    let error = made(inputs, 8_192, Vec::new(), None).unwrap_err();
    let RequestError::TooLong { needed, available, .. } = &error else { panic!("{error}") };
    assert!(*needed > 30_000 && *available == 8_192 - 32 - 163, "{needed} {available}");
    let sentence = error.to_string();
    for part in [needed.to_string(), available.to_string(), "'m'".to_owned(), "longer context".to_owned()] {
        assert!(sentence.contains(part.as_str()), "{part} in {sentence}");
    }
}

#[test]
fn what_was_wrong_is_told_within_the_room() {
    let told = format!(
        "Errors.\nAnswer again.\nIt began so:\n{}",
        divisi_llm::fence::fenced(&"x".repeat(1_000), "last answer")
    );
    let budget = |tokens| Budget::of(Some(&room(tokens)));
    assert_eq!(budget(16_000).wrong(&told), told);
    assert_eq!(budget(2_048).wrong(&told), "Errors.\nAnswer again.\nIt began so:");
    assert_eq!(budget(UNLIMITED).wrong(&"e".repeat(9_000)).len(), 9_000);
    assert!(budget(2_048).wrong(&"e".repeat(9_000)).ends_with("[shortened: 682 of 9000 characters]"));
}

#[test]
fn fifty_solutions_fit_eight_thousand_tokens_and_the_best_of_them_less() {
    let coordinate =
        samples::full().into_iter().find(|inputs| matches!(inputs, Inputs::Coordinate(_))).unwrap();
    let Inputs::Coordinate(mut input) = coordinate else { panic!() };
    let one = |number: u16| AcceptedSolution {
        subtask: SubtaskBrief { number, title: "A part".to_owned(), ..SubtaskBrief::default() },
        solution: solution(8, 300),
        score_hundredths: 700 + number,
    };
    input.solutions = (1..=50).map(one).collect();
    for tokens in [3_000, 8_000, 16_000] {
        let request = made(Inputs::Coordinate(input.clone()), tokens, Vec::new(), None).unwrap();
        let Inputs::Coordinate(kept) = &*request.inputs else { panic!() };
        let numbers: Vec<u16> = kept.solutions.iter().map(|it| it.subtask.number).collect();
        assert!(numbers.is_sorted() && numbers.contains(&50), "{numbers:?}");
        let is_said = user(&request).contains("solutions with the lowest scores");
        assert_eq!(is_said, numbers.len() < 50, "{numbers:?}");
    }
}

#[test]
fn a_check_that_finds_all_exact_does_not_read_as_if_there_were_no_citations() {
    let review = samples::full().into_iter().find(|inputs| matches!(inputs, Inputs::Review(_))).unwrap();
    let request = made(big(review, 30, 90), 5_000, Vec::new(), None).unwrap();
    assert!(user(&request).contains("citations that were found exact"), "{}", user(&request));
    assert!(!user(&request).contains("It has no citations."));
}

#[test]
fn plans_and_outputs_shrink_with_the_room() {
    let rows = [
        (2_048, 3, 2, 512),
        (4_096, 3, 2, 1_024),
        (6_000, 5, 3, 1_500),
        (8_000, 50, 5, 2_000),
        (UNLIMITED, 50, 5, 2_000),
    ];
    for (tokens, subtasks, specialists, output) in rows {
        let budget = Budget::of(Some(&room(tokens)));
        assert_eq!(
            (budget.subtasks(50), budget.specialists(5), budget.output(2_000)),
            (subtasks, specialists, output),
            "{tokens}"
        );
    }
    assert_eq!(Budget::of(Some(&Room { output_tokens_max: 300, ..room(UNLIMITED) })).output(2_000), 300);
    assert_eq!(Budget::of(None).output(2_000), 2_000);
    for (window, output_tokens_max, output) in [
        (UNLIMITED, u32::MAX, 6_000),
        (UNLIMITED, 5_000, 5_000),
        (32_000, u32::MAX, 6_000),
        (8_000, 4_000, 4_000),
    ] {
        let room = Room { output_tokens_max, thought_tokens: 4_000, ..room(window) };
        assert_eq!(Budget::of(Some(&room)).output(2_000), output, "an answer beside the thoughts, {window}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_fitted_request_is_never_longer_than_its_room(
        which in 0..8_usize,
        context in CONTEXT_TOKENS_MIN * 4 / 3 + 1..24_000,
        many in 1..24_usize,
        quote_bytes in 0..900_usize,
        rounds in 0..4_usize,
    ) {
        let (tokens, _) = rooms(context, 0);
        let inputs = big(samples::full().remove(which), many, quote_bytes);
        let transcript = if matches!(inputs, Inputs::Work(_)) { turns(rounds, 3_000) } else { Vec::new() };
        match made(inputs.clone(), tokens, transcript.clone(), Some("It was wrong.")) {
            Ok(request) => {
                let output = u64::from(request.sampling.output_tokens_max);
                prop_assert!(counted(&request) < u64::from(tokens));
                prop_assert!(counted(&request) + output < u64::from(context));
                prop_assert_eq!(made(inputs, tokens, transcript, Some("It was wrong.")).unwrap(), request);
            }
            Err(RequestError::TooLong { needed, available, .. }) => {
                prop_assert!(needed > available);
                prop_assert!(tokens < 4_096, "{} tokens are enough", tokens);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

/// The lengths of all lists and texts in a value, by place.
fn lengths(value: &serde_json::Value, place: &str, found: &mut std::collections::BTreeMap<String, usize>) {
    match value {
        serde_json::Value::Array(items) => {
            found.insert(place.to_owned(), items.len());
            items.iter().zip(0..).for_each(|(item, at)| lengths(item, &format!("{place}/{at}"), found));
        }
        serde_json::Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| lengths(field, &format!("{place}/{name}"), found));
        }
        serde_json::Value::Null => {
            found.insert(place.to_owned(), 0);
        }
        _ => {
            found.insert(place.to_owned(), value.to_string().len());
        }
    }
}

/// By which words the prompt says that a list of this name is shorter than it was.
fn said_of(place: &str) -> &'static [&'static str] {
    let last = place.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
    match last {
        "documents" => &["documents are not listed"],
        "headings" | "columns" => &["headings and columns"],
        "lessons" => &["lessons"],
        "keywords" | "aspects" => &["keywords", "aspects"],
        "constraints" | "success_criteria" => &["constraints and success criteria"],
        "feedback" => &["earlier cycles"],
        "previous" => &["the version before"],
        "supporting_evidence" | "sources" => &["evidence and the sources"],
        "main_content" => &["sections of the report before"],
        "gaps" | "table" => &["gaps and tables"],
        "claims" | "citations" | "key_points" | "supporting_data" | "cross_references" => {
            &["less important findings"]
        }
        "citation_checks" => &["citations that were found exact"],
        "solutions" => &["solutions"],
        "quote" => &["quotations", "citation check repeats"],
        "tools" | "description" => &["details of agent types"],
        _ => &[],
    }
}

#[test]
fn whatever_is_shortened_is_named() {
    let named = |list: &[String], most: usize| list.iter().cycle().take(most).cloned().collect();
    let many = ["a demand".to_owned()];
    for inputs in samples::full().into_iter().map(|inputs| big(inputs, 40, 700)) {
        let mut inputs = inputs;
        if let Inputs::Synthesise(input) = &mut inputs {
            input.analysis.constraints = named(&many, 9);
            input.analysis.success_criteria = named(&many, 9);
        }
        let mut before = std::collections::BTreeMap::new();
        lengths(&serde_json::to_value(&inputs).unwrap(), "", &mut before);
        for tokens in [24_000, 12_000, 8_192, 6_000, 4_096] {
            let Ok(request) = made(inputs.clone(), tokens, Vec::new(), None) else { continue };
            let mut after = std::collections::BTreeMap::new();
            lengths(&serde_json::to_value(&request.inputs).unwrap(), "", &mut after);
            for (place, length) in &after {
                let Some(all) = before.get(place).filter(|all| *all > length) else { continue };
                let words = said_of(place);
                let said = words.iter().any(|words| user(&request).contains(words));
                assert!(said, "{place} has {length} of {all} at {tokens} tokens, and nothing says so");
            }
        }
    }
}

/// Servers keep the state of a prompt that begins as the last one did: a turn only adds to the turns before it.
#[test]
fn a_turn_begins_as_the_turn_before_it() {
    let work = samples::full().into_iter().find(|inputs| matches!(inputs, Inputs::Work(_))).unwrap();
    for room in [UNLIMITED, 64_000] {
        let (first, next) = (
            made(work.clone(), room, turns(2, 2_000), None).unwrap(),
            made(work.clone(), room, turns(3, 2_000), None).unwrap(),
        );
        assert_eq!((&first.system, &first.tools, &first.schema), (&next.system, &next.tools, &next.schema));
        assert_eq!(first.messages, next.messages[..first.messages.len()]);
    }
}
