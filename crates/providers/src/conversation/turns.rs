//! Turns that alternate between user and model, with every call answered in the turn after it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use divisi_llm::fence::fenced;
use divisi_llm::{Message, Request, ToolCall};

use super::unsendable;
use crate::http::Fault;

/// The longest call id that every vendor takes, in bytes.
const CALL_ID_BYTES_MAX: usize = 64;

/// What stands where a call has no result.
const NO_RESULT: &str = r#"{"error":{"code":"no_result","message":"This call brought no result."}}"#;

/// A turn of the conversation. User and model alternate.
#[derive(Debug, PartialEq)]
pub(crate) enum Turn<'a> {
    /// What we say: results of the calls of the turn before, in the order of the calls, then texts.
    User {
        /// Results of calls.
        outcomes: Vec<Outcome<'a>>,
        /// Texts, none of them blank.
        texts: Vec<Cow<'a, str>>,
    },
    /// What the model said.
    Model {
        /// Texts, none of them blank.
        texts: Vec<&'a str>,
        /// What it asked for.
        calls: Vec<Call<'a>>,
    },
}

/// A call of the model.
#[derive(Debug, PartialEq)]
pub(crate) struct Call<'a> {
    /// Letters, digits, `_` and `-`, unique in the conversation.
    pub(crate) id: String,
    /// The call itself, with the id it was recorded under.
    pub(crate) call: &'a ToolCall,
}

/// The result of a call.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome<'a> {
    /// [`Call::id`] of the call.
    pub(crate) id: String,
    /// The call.
    pub(crate) call: &'a ToolCall,
    /// JSON text or a sentence.
    pub(crate) content: &'a str,
    /// Whether the call succeeded.
    pub(crate) ok: bool,
}

/// The texts of a turn as one; `None` of no text. Servers behind a proxy often take one text a turn and no list of parts.
pub(crate) fn as_one<T: AsRef<str>>(texts: &[T]) -> Option<Cow<'_, str>> {
    match texts {
        [] => None,
        [one] => Some(Cow::Borrowed(one.as_ref())),
        all => {
            let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
            Some(Cow::Owned(all.join("\n\n")))
        }
    }
}

/// The turns of a conversation, from the user's first to the user's last. Calls without a result get one that says so;
/// a result without its call is told as text; what is blank is left out.
///
/// # Errors
/// Where the user says nothing, or the model has the first or the last word: servers invent an answer then.
pub(crate) fn turns(request: &Request) -> Result<Vec<Turn<'_>>, Fault> {
    let mut builder = Builder::default();
    for message in &request.messages {
        match message {
            Message::User { text } => builder.user(text),
            Message::Assistant { text, tool_calls } => builder.model(text, tool_calls),
            Message::Tool { call_id, tool, content, ok } => {
                builder.outcome(call_id, tool.as_str(), content, *ok);
            }
        }
    }
    builder.close();
    match (builder.turns.first(), builder.turns.last()) {
        (Some(Turn::User { .. }), Some(Turn::User { .. })) => Ok(builder.turns),
        (Some(_), Some(_)) => Err(unsendable("the conversation does not begin and end with the user")),
        _ => Err(unsendable("it says nothing")),
    }
}

#[derive(Default)]
struct Builder<'a> {
    turns: Vec<Turn<'a>>,
    ids: BTreeSet<String>,
    /// Calls of the last turn of the model, with their results so far.
    open: Vec<Open<'a>>,
}

/// A call and its result, once there is one: content, and whether it succeeded.
struct Open<'a> {
    id: String,
    call: &'a ToolCall,
    result: Option<(&'a str, bool)>,
}

impl<'a> Builder<'a> {
    fn user(&mut self, text: &'a str) {
        self.close();
        if !text.trim().is_empty() {
            self.say(Cow::Borrowed(text));
        }
    }

    fn say(&mut self, text: Cow<'a, str>) {
        if let Some(Turn::User { texts, .. }) = self.turns.last_mut() {
            texts.push(text);
        } else {
            self.turns.push(Turn::User { outcomes: Vec::new(), texts: vec![text] });
        }
    }

    fn model(&mut self, text: &'a str, tool_calls: &'a [ToolCall]) {
        self.close();
        let said = (!text.trim().is_empty()).then_some(text);
        if said.is_none() && tool_calls.is_empty() {
            return;
        }
        let called: Vec<_> = tool_calls.iter().map(|call| Call { id: self.id(&call.id), call }).collect();
        let open = |call: &Call<'a>| Open { id: call.id.clone(), call: call.call, result: None };
        self.open = called.iter().map(open).collect();
        if let Some(Turn::Model { texts, calls }) = self.turns.last_mut() {
            texts.extend(said);
            calls.extend(called);
        } else {
            self.turns.push(Turn::Model { texts: said.into_iter().collect(), calls: called });
        }
    }

    fn outcome(&mut self, call_id: &str, tool: &str, content: &'a str, ok: bool) {
        let mut open = self.open.iter_mut();
        if let Some(open) = open.find(|open| open.call.id == call_id && open.result.is_none()) {
            open.result = Some((content, ok));
            return;
        }
        self.close();
        let content = fenced(content, "tool result");
        self.say(Cow::Owned(format!("Result of an earlier call of the tool '{tool}':\n{content}")));
    }

    /// Ends the waiting for results.
    fn close(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let outcome = |Open { id, call, result }: Open<'a>| {
            let (content, ok) = result.unwrap_or((NO_RESULT, false));
            Outcome { id, call, content, ok }
        };
        let outcomes = std::mem::take(&mut self.open).into_iter().map(outcome).collect();
        self.turns.push(Turn::User { outcomes, texts: Vec::new() });
    }

    fn id(&mut self, wanted: &str) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let mut id = wanted.to_owned();
        if id.is_empty() || id.len() > CALL_ID_BYTES_MAX || !id.chars().all(fits) {
            id = format!("call_{}", self.ids.len() + 1);
        }
        let mut n = self.ids.len() + 1;
        while !self.ids.insert(id.clone()) {
            id = format!("call_{n}");
            n += 1;
        }
        id
    }
}

#[cfg(test)]
mod tests;
