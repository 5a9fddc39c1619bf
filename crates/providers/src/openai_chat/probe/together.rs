//! Two small calls at once, which show whether a server answers more than one at a time, where nothing else tells.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use divisi_domain::name::Name;
use divisi_llm::{Request, TokenSink};
use futures::future::join;
use serde_json::Value;
use tokio::time::timeout;

use super::super::traits::{ToolMode, Traits};
use super::asking::Asking;
use super::trial::{heard, request};

/// Where both are answered within this, nobody who waits for another waits long.
const HASTE: Duration = Duration::from_millis(250);
/// An answer of fewer pieces comes at once, and the order of such tells nothing.
const PIECES_MIN: usize = 8;
/// What they ask for: different things, so that none is answered from the cache of the other, and both of some length.
const WORDS: [&str; 2] =
    ["Count in words from one to forty.", "Count in words from two hundred to three hundred."];

/// Which call a piece of text is of, in the order in which pieces came.
type Order = Mutex<Vec<usize>>;

struct Ear<'a> {
    call: usize,
    order: &'a Order,
}

impl TokenSink for Ear<'_> {
    fn push(&mut self, _: &str) {
        self.order.lock().unwrap_or_else(PoisonError::into_inner).push(self.call);
    }
}

/// Whether the server takes two calls at once, as far as they show: of one that does not only one is answered (the other is
/// cut off, refused or waits too long), or the second begins when the first has ended.
pub(super) async fn are_taken(asking: Asking<'_>, model: &Name, known: &Traits) -> bool {
    let traits = Traits { tool_mode: ToolMode::None, ..*known };
    let order = Order::default();
    let call = |call: usize| {
        let (traits, mut ear) = (&traits, Ear { call, order: &order });
        let request = Request { schema: Value::Null.into(), ..request(model, WORDS[call], Vec::new()) };
        async move { heard(asking, traits, &request, &mut ear).await }
    };
    let mut both = Box::pin(join(call(0), call(1)));
    let (outcomes, hasty) = match timeout(HASTE, &mut both).await {
        Ok(outcomes) => (outcomes, true),
        Err(_) => (both.await, false),
    };
    match outcomes {
        (Ok(_), Ok(_)) => {
            hasty || !one_after_the_other(&order.lock().unwrap_or_else(PoisonError::into_inner))
        }
        // Who answers neither shows nothing of the kind.
        (Err(_), Err(_)) => true,
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}

fn one_after_the_other(order: &[usize]) -> bool {
    let Some(first) = order.first() else { return false };
    let turns = order.iter().take_while(|call| *call == first).count();
    let (first, second) = order.split_at(turns);
    let whole = |pieces: &[usize]| pieces.len() >= PIECES_MIN;
    whole(first) && whole(second) && second.iter().all(|call| Some(call) == second.first())
}
