//! What can go wrong, and when.

use serde::{Deserialize, Serialize};

use crate::wire::Vendor;

/// Something that goes wrong with one answer. Several may hit the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Time passes.
    Delay {
        /// Where.
        at: Place,
        /// How long.
        wait: Wait,
    },
    /// Nothing more comes, and the connection stays open.
    Stall {
        /// Where.
        at: Place,
    },
    /// The connection ends after so many bytes of the body.
    Cut {
        /// Bytes of the body (of the events, not of the transfer coding) that still come.
        at_byte: usize,
        /// How it ends.
        how: Ending,
    },
    /// An error instead of an answer.
    Refuse {
        /// Which.
        with: Refusal,
    },
    /// One event in the middle is no JSON; the body of a whole answer ends in the middle.
    MalformedChunk,
    /// The vendor's error event in the middle of a stream, and its end.
    StreamError,
    /// Everything but the reason why the model stopped.
    NoFinish,
    /// A well-formed answer that says nothing.
    EmptyAnswer,
    /// Status 200, the right content type, and an empty body.
    EmptyBody,
    /// Status 200 and a page for people.
    WrongContentType,
    /// More tokens are reported (and charged) than the request allowed.
    WrongUsage,
    /// No usage anywhere.
    NoUsage,
    /// Every event comes twice.
    DuplicateChunks,
    /// Characters are cut between their bytes.
    SplitUtf8,
    /// The body comes byte by byte.
    OneByteChunks,
    /// The whole text, so long, in one line.
    HugeLine {
        /// Bytes of text.
        bytes: usize,
    },
    /// Id, type and name of a tool call come with every piece of it, as a local server does.
    RepeatedToolNames,
    /// Comments between the events.
    Pings,
    /// As a local server does with a queue: the head at once, then comments, one after each wait, then the answer.
    Queue {
        /// Comments.
        pings: u32,
        /// Before each.
        wait: Wait,
    },
    /// The answer ends in mid-sentence and is said to be complete.
    HalfText,
    /// The limit that was sent is ignored: it says so many bytes.
    PastLimit {
        /// Bytes.
        bytes: usize,
        /// Whether it thinks them, and says nothing.
        thinking: bool,
    },
}

/// Where in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Before its first byte.
    Headers,
    /// After the head, before what the model says.
    FirstToken,
    /// Between two pieces of what the model says; a stall comes after the first.
    Chunks,
}

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// Until [`crate::Server::release`] (or a post to `/release`) lets one waiter go.
    Signal,
    /// So many milliseconds of real time.
    Millis(u64),
}

/// How a connection ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// TCP reset.
    Reset,
    /// TCP end, in the middle of the HTTP body.
    Close,
}

/// An error instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// 429.
    RateLimited {
        /// Seconds in `Retry-After` (Gemini: in the details) and in the headers of the allowance, where they are sent.
        retry_after_seconds: Option<u32>,
    },
    /// The account has no money left.
    QuotaSpent,
    /// 500 in the vendor's envelope.
    Internal,
    /// 500 with a traceback that holds file paths, as a local server does.
    Traceback,
    /// 500 with the plain sentence of a framework.
    PlainText,
    /// 500 in words that no vendor has, by a local server that does not know the format `json_schema`.
    NoSchemas,
    /// 400 with a proxy's word for a wrong key.
    ProxyKey,
    /// 429 by a proxy, which does not pass on how long to wait.
    ProxyLimit,
    /// 502 with a page for people.
    BadGateway,
    /// 503 in the vendor's envelope.
    Unavailable,
    /// 529, or what the vendor has for it, always with status 529.
    Overloaded,
    /// The key is wrong.
    Unauthorized,
    /// The key lacks a right.
    Forbidden,
    /// 400: a parameter that the vendor does not take.
    BadRequest,
    /// There is no such model.
    UnknownModel,
    /// The input is longer than the context.
    ContextTooLong,
}

/// Which requests a fault hits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// All.
    #[default]
    Always,
    /// Those with these numbers; the first request for an answer has number 1.
    Requests(Vec<u64>),
    /// The first so many.
    First(u64),
    /// Each with this probability, drawn from the seed and its number.
    Percent(u8),
}

/// A fault and the requests that it hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// What goes wrong.
    pub fault: Fault,
    /// Which requests.
    #[serde(default)]
    pub when: When,
    /// Only on this wire.
    #[serde(default)]
    pub vendor: Option<Vendor>,
    /// Only for this model.
    #[serde(default)]
    pub model: Option<String>,
    /// Only where a stream is asked for.
    #[serde(default)]
    pub streamed: bool,
}

/// A request for an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made<'a> {
    /// From 1, in the order of arrival.
    pub(crate) number: u64,
    pub(crate) vendor: Vendor,
    pub(crate) model: &'a str,
    /// Whether a stream is asked for.
    pub(crate) streamed: bool,
}

impl FaultRule {
    /// Hits every request.
    pub fn always(fault: Fault) -> Self {
        Self { fault, when: When::Always, vendor: None, model: None, streamed: false }
    }

    /// Hits the requests with these numbers.
    pub fn on(fault: Fault, requests: impl Into<Vec<u64>>) -> Self {
        Self { when: When::Requests(requests.into()), ..Self::always(fault) }
    }

    /// Hits every request for a stream.
    pub fn on_streams(fault: Fault) -> Self {
        Self { streamed: true, ..Self::always(fault) }
    }

    /// Whether it hits this request.
    pub(crate) fn hits(&self, request: Made<'_>, seed: u64) -> bool {
        self.vendor.is_none_or(|only| only == request.vendor)
            && self.model.as_deref().is_none_or(|only| only == request.model)
            && (!self.streamed || request.streamed)
            && self.when.holds(request.number, seed)
    }
}

impl When {
    fn holds(&self, number: u64, seed: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Requests(numbers) => numbers.contains(&number),
            Self::First(count) => number <= *count,
            Self::Percent(percent) => mixed(seed, number) % 100 < u64::from(*percent),
        }
    }
}

/// The finaliser of splitmix64: the same draw for the same seed and number, in whatever order requests arrive.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut word = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(number: u64, vendor: Vendor, model: &str) -> Made<'_> {
        Made { number, vendor, model, streamed: true }
    }

    #[test]
    fn rules_hit_the_requests_they_name() {
        for (when, hit) in [
            (When::Always, vec![1, 2, 3, 4]),
            (When::Requests(vec![2, 4]), vec![2, 4]),
            (When::First(3), vec![1, 2, 3]),
            (When::Percent(0), vec![]),
            (When::Percent(100), vec![1, 2, 3, 4]),
        ] {
            let rule = FaultRule { when: when.clone(), ..FaultRule::always(Fault::Pings) };
            let hits: Vec<u64> =
                (1..=4).filter(|number| rule.hits(made(*number, Vendor::Chat, "m"), 7)).collect();
            assert_eq!(hits, hit, "{when:?}");
        }
    }

    #[test]
    fn a_probability_is_kept_to_and_drawn_from_the_seed() {
        let hits = |seed| (1..=10_000).filter(|number| When::Percent(20).holds(*number, seed)).count();
        assert!((1_800..=2_200).contains(&hits(1)), "{}", hits(1));
        let drawn = |seed| -> Vec<u64> { (1..=64).filter(|n| When::Percent(50).holds(*n, seed)).collect() };
        assert_eq!(drawn(3), drawn(3));
        assert_ne!(drawn(3), drawn(4));
    }

    #[test]
    fn a_rule_can_be_about_one_wire_or_one_model_or_streams() {
        let wire = FaultRule { vendor: Some(Vendor::Gemini), ..FaultRule::always(Fault::Pings) };
        assert!(wire.hits(made(1, Vendor::Gemini, "m"), 0) && !wire.hits(made(1, Vendor::Chat, "m"), 0));
        let model = FaultRule { model: Some("big".into()), ..FaultRule::always(Fault::Pings) };
        assert!(
            model.hits(made(1, Vendor::Chat, "big"), 0) && !model.hits(made(1, Vendor::Chat, "small"), 0)
        );
        let (streams, asked) = (FaultRule::on_streams(Fault::Pings), made(1, Vendor::Chat, "m"));
        assert!(streams.hits(asked, 0) && !streams.hits(Made { streamed: false, ..asked }, 0));
    }
}
