//! Native tool calls, put together from what servers make of them.

use serde_json::Value;

use super::wire::CallDelta;

/// A call as far as it has come.
#[derive(Debug, Default, PartialEq)]
pub(super) struct OpenCall {
    index: Option<u64>,
    pub(super) id: String,
    pub(super) name: String,
    /// JSON text.
    pub(super) arguments: String,
}

/// The calls of an answer, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct OpenCalls(pub(super) Vec<OpenCall>);

impl OpenCalls {
    /// Takes a part of a call. Servers number calls, or do not; repeat id and name in each part, or say them once, or make
    /// no ids; bring calls in parts, or whole, all of them under the same number.
    pub(super) fn take(&mut self, delta: CallDelta) -> usize {
        let at = self.place(&delta).unwrap_or_else(|| {
            self.0.push(OpenCall { index: delta.index, ..OpenCall::default() });
            self.0.len() - 1
        });
        let before = self.0[at].arguments.len();
        self.0[at].extend(delta);
        self.0[at].arguments.len().saturating_sub(before)
    }

    /// Which call a part belongs to; `None` where it begins one.
    fn place(&self, delta: &CallDelta) -> Option<usize> {
        let numbered =
            |call: &OpenCall| delta.index.is_none() || call.index.is_none() || call.index == delta.index;
        let known = |call: &OpenCall| !delta.id.is_empty() && call.id == delta.id && numbered(call);
        if let Some(at) = self.0.iter().rposition(known) {
            return Some(at);
        }
        let last = match delta.index {
            Some(index) => self.0.iter().rposition(|call| call.index == Some(index))?,
            None => self.0.len().checked_sub(1)?,
        };
        let call = &self.0[last];
        let other_id = !delta.id.is_empty() && !call.id.is_empty();
        // Servers that say the name in every part say it in a last one, too, which brings nothing.
        let named_anew = !delta.function.name.is_empty() && delta.function.has_arguments() && call.is_whole();
        let begins =
            delta.index.is_none() && !delta.function.name.is_empty() && call.name != delta.function.name;
        (!other_id && !named_anew && !begins).then_some(last)
    }
}

impl OpenCall {
    fn is_whole(&self) -> bool {
        serde_json::from_str::<Value>(&self.arguments).is_ok_and(|arguments| arguments.is_object())
    }

    fn extend(&mut self, delta: CallDelta) {
        if self.id.is_empty() {
            self.id = delta.id;
        }
        let name = delta.function.name;
        if name.starts_with(&self.name) {
            self.name = name;
        } else if !name.is_empty() && self.arguments.is_empty() {
            self.name.push_str(&name);
        }
        match delta.function.arguments {
            Some(Value::String(part)) => self.arguments.push_str(&part),
            None | Some(Value::Null) => {}
            Some(whole) => self.arguments = whole.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
