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
