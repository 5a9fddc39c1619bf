//! Function calls while they are being written.

use super::wire::Output;
use crate::conversation::ToolNames;
use crate::gathered::{Gathered, TOOL_CALLS_MAX};
use crate::http::Fault;

/// Calls in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug, Default)]
struct Call {
    item_id: Option<String>,
    output_index: Option<u64>,
    /// What the result of the call has to name.
    id: Option<String>,
    name: Option<String>,
    pieces: String,
    whole: Option<String>,
}

/// By what an event says which item it belongs to. Servers leave out one or the other.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place<'a> {
    pub(super) item_id: Option<&'a str>,
    pub(super) output_index: Option<u64>,
}

impl Calls {
    /// A call begins or is complete; `None` where `item` is no call.
    pub(super) fn item(
        &mut self,
        output_index: Option<u64>,
        item: Output,
        done: bool,
        gathered: &mut Gathered,
    ) -> Result<(), Fault> {
        let Output::FunctionCall { id, call_id, name, arguments } = item else { return Ok(()) };
        let place = Place { item_id: id.as_deref(), output_index };
        let at = match self.find(place).or_else(|| self.called(call_id.as_deref())) {
            Some(at) => at,
            None => self.begin(gathered)?,
        };
        let call = &mut self.0[at];
        call.item_id = id.or(call.item_id.take());
        call.output_index = output_index.or(call.output_index);
        call.id = call_id.or(call.id.take());
        call.name = name.or(call.name.take());
        match arguments.filter(|text| done && !text.is_empty()) {
            Some(whole) => Self::complete(call, whole, gathered),
            None => Ok(()),
        }
    }

    /// More of the arguments of a call.
    pub(super) fn delta(
        &mut self,
        place: Place<'_>,
        delta: &str,
        gathered: &mut Gathered,
    ) -> Result<(), Fault> {
        let at = self.find(place).ok_or_else(|| gathered.broken("arguments belong to no call"))?;
        gathered.count(delta.len())?;
        self.0[at].pieces.push_str(delta);
        Ok(())
    }

    /// The whole arguments of a call.
    pub(super) fn done(
        &mut self,
        place: Place<'_>,
        arguments: Option<String>,
        gathered: &mut Gathered,
    ) -> Result<(), Fault> {
        match (self.find(place), arguments.filter(|text| !text.is_empty())) {
            (Some(at), Some(whole)) => Self::complete(&mut self.0[at], whole, gathered),
            _ => Ok(()),
        }
    }

    /// Hands the calls over.
    pub(super) fn into_answer(self, names: &ToolNames, gathered: &mut Gathered) -> Result<(), Fault> {
        for call in self.0 {
            let Some(name) = call.name.filter(|name| !name.is_empty()) else {
                return Err(gathered.broken("a call names no tool"));
            };
            let id = call.id.or(call.item_id).unwrap_or_default();
            gathered.call(&id, names.ours(&name), call.whole.unwrap_or(call.pieces))?;
        }
        Ok(())
    }

    fn complete(call: &mut Call, whole: String, gathered: &mut Gathered) -> Result<(), Fault> {
        gathered.count(whole.len().saturating_sub(call.pieces.len()))?;
        call.whole = Some(whole);
        Ok(())
    }

    fn begin(&mut self, gathered: &Gathered) -> Result<usize, Fault> {
        if self.0.len() == TOOL_CALLS_MAX {
            return Err(gathered.broken(&format!("it has more than {TOOL_CALLS_MAX} tool calls")));
        }
        self.0.push(Call::default());
        Ok(self.0.len() - 1)
    }

    fn find(&self, place: Place<'_>) -> Option<usize> {
        let same_id = |call: &Call| place.item_id.is_some() && call.item_id.as_deref() == place.item_id;
        let same_index =
            |call: &Call| place.output_index.is_some() && call.output_index == place.output_index;
        self.0.iter().position(same_id).or_else(|| self.0.iter().position(same_index))
    }

    fn called(&self, call_id: Option<&str>) -> Option<usize> {
        call_id.and_then(|id| self.0.iter().position(|call| call.id.as_deref() == Some(id)))
    }
}

#[cfg(test)]
mod tests {
    use divisi_domain::name::Name;
    use serde_json::{Value, json};

    use super::*;
    use crate::refusal::Asked;

    /// What events say of calls: begins, a piece, whole arguments, is done.
    enum Told {
        Added(Option<u64>, Value),
        Piece(Place<'static>, &'static str),
        Whole(Place<'static>, &'static str),
        Done(Option<u64>, Value),
    }

    use Told::{Added, Done, Piece, Whole};

    fn item(id: Option<&str>, call_id: &str, name: &str, arguments: &str) -> Value {
        json!({"type": "function_call", "id": id, "call_id": call_id, "name": name, "arguments": arguments})
    }

    fn at(item_id: Option<&'static str>, output_index: Option<u64>) -> Place<'static> {
        Place { item_id, output_index }
    }

    fn tell(calls: &mut Calls, told: Told, gathered: &mut Gathered) -> Result<(), Fault> {
        let read = |item: Value| serde_json::from_value(item).expect("an item");
        match told {
            Added(index, added) => calls.item(index, read(added), false, gathered),
            Done(index, done) => calls.item(index, read(done), true, gathered),
            Piece(place, piece) => calls.delta(place, piece, gathered),
            Whole(place, whole) => calls.done(place, Some(whole.to_owned()), gathered),
        }
    }

    fn read(events: Vec<Told>) -> Result<String, &'static str> {
        let mut gathered =
            Gathered::new(Asked { provider: Name::from_static("p"), model: Name::from_static("m") });
        let mut calls = Calls::default();
        let told = events.into_iter().try_for_each(|told| tell(&mut calls, told, &mut gathered));
        let ended = told.and_then(|()| calls.into_answer(&ToolNames::default(), &mut gathered));
        let answer =
            ended.and_then(|()| gathered.end(false, None, None)).map_err(|fault| fault.class.code())?;
        let shown = |call: &divisi_llm::ToolCall| format!("{}#{}{}", call.tool, call.id, call.arguments);
        Ok(answer.tool_calls.iter().map(shown).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn calls_are_put_together_however_events_name_them() {
        let (a, b) = (Some("fc_a"), Some("fc_b"));
        let rows = [
            ("by id", vec![Added(None, item(a, "c1", "x", "")), Piece(at(a, None), "{}")], Ok("x#c1{}")),
            (
                "by index",
                vec![Added(Some(3), item(None, "c1", "x", "")), Piece(at(None, Some(3)), "{}")],
                Ok("x#c1{}"),
            ),
            (
                "the id wins over the index",
                vec![
                    Added(Some(0), item(a, "c1", "x", "")),
                    Added(Some(1), item(b, "c2", "y", "")),
                    Piece(at(b, Some(0)), r#"{"k":2}"#),
                    Piece(at(a, Some(0)), r#"{"k":1}"#),
                ],
                Ok(r#"x#c1{"k":1} y#c2{"k":2}"#),
            ),
            (
                "the end has other ids than the beginning",
                vec![Added(None, item(None, "c1", "x", "")), Done(None, item(a, "c1", "x", r#"{"k":1}"#))],
                Ok(r#"x#c1{"k":1}"#),
            ),
            (
                "whole arguments win over pieces",
                vec![
                    Added(Some(0), item(a, "c1", "x", "")),
                    Piece(at(a, None), "{}{}"),
                    Whole(at(a, None), r#"{"k":1}"#),
                ],
                Ok(r#"x#c1{"k":1}"#),
            ),
            ("only the end", vec![Done(Some(0), item(a, "c1", "x", "{}"))], Ok("x#c1{}")),
            (
                "no call id",
                vec![Done(Some(0), json!({"type": "function_call", "id": "i", "name": "x"}))],
                Ok("x#i{}"),
            ),
            ("a piece of nothing", vec![Piece(at(a, Some(0)), "{}")], Err("truncated")),
            ("no name", vec![Done(None, item(a, "c1", "", "{}"))], Err("truncated")),
            ("half", vec![Added(None, item(a, "c1", "x", "")), Piece(at(a, None), "{")], Err("unparsable")),
        ];
        for (name, events, expected) in rows {
            assert_eq!(read(events), expected.map(str::to_owned), "{name}");
        }
    }

    #[test]
    fn calls_are_bounded() {
        let many =
            |count: u64| (0..count).map(|n| Done(Some(n), item(None, &format!("c{n}"), "x", "{}"))).collect();
        assert!(read(many(TOOL_CALLS_MAX as u64)).is_ok());
        assert_eq!(read(many(TOOL_CALLS_MAX as u64 + 1)), Err("truncated"));
    }
}
