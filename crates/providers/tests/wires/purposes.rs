//! Every purpose of a whole task, with the schemas as they are derived and prompts as they are rendered: the answers of
//! the server's brain are outputs that a task goes on with, whatever wire they came over.

use divisi_domain::name::Name;
use divisi_llm::outputs::{
    Analysis, Coordination, Decomposition, FinalReview, Report, Review, Selection, Solution,
};
use divisi_llm::{Message, Provider, Request, ToolOffer};
use divisi_vendors::{Behaviour, Vendor};
use schemars::{JsonSchema, schema_for};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::harness::{PATIENT, call_by, provider, question, serving};

const TASK: &str =
    "The task:\n<data label=\"task description\">\nIn which year was the score printed?\n</data>\n";
const TYPES: &str = "<data label=\"agent types\">\n[{\"name\": \"researcher\", \"description\": \"Reads.\", \
                     \"capabilities\": [\"search\"], \"tools\": []}, {\"name\": \"explainer\", \"capabilities\": \
                     [\"why\"]}]\n</data>\n";
const SELECTED: &str = "<data label=\"selection\">\n{\"specialists\": [{\"type\": \"explainer\", \"rationale\": \"r\", \
                        \"relevance\": 1.0}]}\n</data>\n";
const FOUND: &str = "<data label=\"findings\">\n{\"key_points\": [{\"text\": \"It was 1791.\", \"citations\": [{\"source\": \
                     \"D1\", \"file\": \"score.txt\", \"start\": 3, \"end\": 18, \"line\": 1, \"line_end\": 1, \"quote\": \
                     \"Printed in 1791\"}]}]}\n</data>\n";

/// The output of one call with these prompts.
async fn output<T: JsonSchema + DeserializeOwned>(by: &dyn Provider, vendor: Vendor, prompts: &[&str]) -> T {
    let messages = vec![Message::User { text: prompts.concat() }];
    let request = Request { messages, schema: schema_for!(T).to_value().into(), ..question(vendor) };
    let request = with_room(request);
    let outcome = call_by(by, &request).await;
    let text = &outcome.response().text;
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{vendor:?}: {error}: {text}"))
}

fn with_room(mut request: Request) -> Request {
    request.sampling.output_tokens_max = 4_000;
    request
}

#[tokio::test]
async fn a_manager_analyses_selects_and_plans() {
    for vendor in Vendor::ALL {
        let server = serving(Behaviour::default()).await;
        let by = provider(vendor, &server.url(), PATIENT);
        let analysis: Analysis = output(by.as_ref(), vendor, &[TASK]).await;
        assert!(
            !analysis.success_criteria.is_empty() && analysis.aspects[0].contains("printed"),
            "{vendor:?}"
        );
        let selection: Selection = output(by.as_ref(), vendor, &[TASK, TYPES]).await;
        let chosen: Vec<_> = selection.specialists.iter().map(|one| one.agent_type.as_str()).collect();
        assert_eq!(chosen, ["researcher", "explainer"], "{vendor:?}");
        let plan: Decomposition = output(by.as_ref(), vendor, &[TASK, SELECTED, TYPES]).await;
        let ids: std::collections::BTreeSet<_> = plan.subtasks.iter().map(|subtask| &subtask.id).collect();
        assert_eq!((plan.subtasks.len(), ids.len()), (3, 3), "{vendor:?}");
        assert!(plan.subtasks.iter().all(|subtask| subtask.assigned_specialist == "explainer"), "{vendor:?}");
    }
}

#[tokio::test]
async fn what_is_found_is_cited_and_what_is_reviewed_is_accepted() {
    for vendor in Vendor::ALL {
        let server = serving(Behaviour::default()).await;
        let by = provider(vendor, &server.url(), PATIENT);
        let review: Review = output(by.as_ref(), vendor, &[TASK]).await;
        let scores = [
            review.scores.completeness,
            review.scores.accuracy,
            review.scores.relevance,
            review.scores.quality,
        ];
        assert!(scores.iter().all(|score| *score >= 7.0), "{vendor:?}: {scores:?}");
        let coordination: Coordination = output(by.as_ref(), vendor, &[TASK, FOUND]).await;
        let point = &coordination.structured_findings[0].key_points[0];
        assert_eq!(
            (point.citations[0].start, point.citations[0].quote.as_str()),
            (3, "Printed in 1791"),
            "{vendor:?}"
        );
        let report: Report = output(by.as_ref(), vendor, &[TASK, FOUND]).await;
        assert_eq!(report.answer[0].citations, point.citations, "{vendor:?}");
        assert_eq!(report.sources, point.citations, "{vendor:?}");
        let last: FinalReview = output(by.as_ref(), vendor, &[TASK, FOUND]).await;
        assert!(last.approved, "{vendor:?}");
    }
}

#[tokio::test]
async fn a_specialist_searches_first_and_then_cites_the_hit() {
    for vendor in Vendor::ALL {
        let server = serving(Behaviour::default()).await;
        let by = provider(vendor, &server.url(), PATIENT);
        let name = Name::from_static("search_documents");
        let schema = json!({"type": "object", "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}},
                            "required": ["query"], "additionalProperties": false});
        let tools = vec![ToolOffer {
            name: name.clone(),
            description: "Searches.".to_owned(),
            schema: schema.into(),
        }];
        let messages = vec![Message::User { text: TASK.to_owned() }];
        let schema = schema_for!(Solution).to_value();
        let mut request = with_room(Request { messages, tools, schema: schema.into(), ..question(vendor) });
        let first = call_by(by.as_ref(), &request).await;
        let calls = first.response().tool_calls.clone();
        assert_eq!(calls[0].tool, "search_documents", "{vendor:?}");
        assert!(
            calls[0].arguments["query"].as_str().is_some_and(|query| query.contains("printed")),
            "{vendor:?}"
        );
        let hit = json!({"hits": [{"source": "D1", "file": "score.txt", "start": 3, "end": 18, "line": 1, "line_end": 1,
                                   "page": null, "heading": null, "score_milli": 900, "text": "Printed in 1791"}]});
        let call_id = calls[0].id.clone();
        request.messages.push(Message::Assistant { text: String::new(), tool_calls: calls });
        request.messages.push(Message::Tool { call_id, tool: name, content: hit.to_string(), ok: true });
        let second = call_by(by.as_ref(), &request).await;
        let solution: Solution = serde_json::from_str(&second.response().text).unwrap();
        assert_eq!(solution.claims[0].citations[0].quote, "Printed in 1791", "{vendor:?}");
    }
}
