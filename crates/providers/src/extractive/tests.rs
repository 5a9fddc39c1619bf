use divisi_llm::inputs::{AnalyseInput, TaskBrief};
use divisi_llm::outputs::Analysis;
use divisi_llm::purpose::Sampling;
use divisi_llm::{FinishReason, Purpose, Request};
use futures::executor::block_on;

use super::*;

#[derive(Default)]
struct Pieces(Vec<String>);

impl TokenSink for Pieces {
    fn push(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
}

fn request() -> Request {
    let task = TaskBrief { description: "Who may revise the licence?".to_owned(), ..TaskBrief::default() };
    Request {
        purpose: Purpose::Analyse,
        model: Name::from_static(MODEL),
        system: "".into(),
        messages: Vec::new(),
        tools: Vec::new(),
        schema: serde_json::Value::Null.into(),
        sampling: Sampling { temperature_hundredths: 0, output_tokens_max: 1 },
        inputs: Inputs::Analyse(AnalyseInput { task, capabilities: Vec::new(), lessons: Vec::new() }).into(),
    }
}

#[test]
fn an_answer_is_streamed_whole_costs_nothing_and_is_always_the_same() {
    let extractive = Extractive::default();
    let mut pieces = Pieces::default();
    let context = CallContext { idempotency_key: "t/p1/analyse".to_owned(), attempt: 1 };
    let request = request();
    let response = block_on(extractive.call(request.clone(), &context, &mut pieces)).unwrap();
    assert_eq!(pieces.0.concat(), response.text);
    assert!(pieces.0.len() > 1);
    assert_eq!((response.finish, response.usage), (FinishReason::Stop, Some(Usage::default())));
    assert_eq!(response, extractive.answer(&request));
    assert_eq!((extractive.name().as_str(), response.model.as_str()), (PROVIDER, MODEL));
    assert!(serde_json::from_str::<Analysis>(&response.text).is_ok());
}
