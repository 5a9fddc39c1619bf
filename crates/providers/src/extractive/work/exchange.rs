//! Tool calls made so far and what came back.

use divisi_llm::{Message, ToolCall};
use serde_json::Value;

/// A call that a specialist wants made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    /// The tool.
    pub(super) tool: &'static str,
    /// Its arguments.
    pub(super) arguments: Value,
}

impl Call {
    /// With an id that no other call of the run has.
    pub(super) fn numbered(self, turn: u8, at: usize) -> ToolCall {
        ToolCall { id: format!("t{turn}c{}", at + 1), tool: self.tool.to_owned(), arguments: self.arguments }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Exchange {
    call: ToolCall,
    /// `None` while there is none, or where the call failed.
    result: Option<Value>,
}

/// All calls of this run in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Exchanges(Vec<Exchange>);

impl Exchanges {
    /// Reads the conversation. Ids repeat across turns at worst: a result belongs to the latest call of its id.
    pub(super) fn of(messages: &[Message]) -> Self {
        let mut exchanges: Vec<Exchange> = Vec::new();
        for message in messages {
            match message {
                Message::User { .. } => {}
                Message::Assistant { tool_calls, .. } => {
                    exchanges.extend(tool_calls.iter().cloned().map(|call| Exchange { call, result: None }));
                }
                Message::Tool { call_id, content, ok, .. } => {
                    if let Some(exchange) =
                        exchanges.iter_mut().rev().find(|exchange| exchange.call.id == *call_id)
                    {
                        exchange.result = if *ok { serde_json::from_str(content).ok() } else { None };
                    }
                }
            }
        }
        Self(exchanges)
    }

    /// Whether the call was made, successfully or not.
    pub(super) fn has(&self, call: &Call) -> bool {
        self.0
            .iter()
            .any(|exchange| exchange.call.tool == call.tool && exchange.call.arguments == call.arguments)
    }

    /// What the call brought.
    pub(super) fn result(&self, call: &Call) -> Option<&Value> {
        let made = |exchange: &&Exchange| {
            exchange.call.tool == call.tool && exchange.call.arguments == call.arguments
        };
        self.0.iter().find(made).and_then(|exchange| exchange.result.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use divisi_domain::name::Name;
    use serde_json::json;

    #[test]
    fn results_are_found_by_call() {
        let call = Call { tool: "search_documents", arguments: json!({"query": "a"}) };
        let other = Call { tool: "search_documents", arguments: json!({"query": "b"}) };
        let messages = [
            Message::Assistant {
                text: String::new(),
                tool_calls: vec![call.clone().numbered(1, 0), other.clone().numbered(1, 1)],
            },
            Message::Tool {
                call_id: "t1c1".to_owned(),
                tool: Name::from_static("search_documents"),
                content: "{\"hits\":[]}".to_owned(),
                ok: true,
            },
            Message::Tool {
                call_id: "t1c2".to_owned(),
                tool: Name::from_static("search_documents"),
                content: "no such document".to_owned(),
                ok: false,
            },
        ];
        let known = Exchanges::of(&messages);
        assert!(known.has(&call) && known.has(&other));
        assert_eq!(known.result(&call), Some(&json!({"hits": []})));
        assert_eq!(known.result(&other), None);
    }
}
