//! From what the model says to the steps in which it is told, and to the bill.

use super::steps::{self, Step};
use crate::Behaviour;
use crate::answer::{Answer, Finish, Usage};
use crate::ask::{Ask, BYTES_PER_TOKEN, tokens_of_bytes};
use crate::fault::Fault;
use crate::wire::{Frame, Part, Told, Vendor, page};

/// What a provider reports that does not keep to a limit, above twice the limit.
const EXCESS_TOKENS: u64 = 1_000;

/// An answer that goes out.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) steps: Vec<Step>,
    pub(super) chunked: bool,
    /// Bytes of the whole body, of what a cut leaves out too.
    pub(super) body_bytes: usize,
    pub(super) bill: Bill,
}

/// What an answer costs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bill {
    /// All of it.
    usage: Usage,
    /// What the client is told, where it is told.
    pub(super) told: Option<Usage>,
    /// Pieces in which a stream says it.
    said_total: u64,
}

impl Bill {
    /// What is charged once so many pieces went out, or all was told.
    pub(super) fn so_far(&self, said: u64, all: bool) -> Usage {
        if all {
            return self.usage;
        }
        let output = (self.usage.output * said).div_ceil(self.said_total.max(1)).min(self.usage.output);
        Usage { output, reasoning: self.usage.reasoning.min(output), ..self.usage }
    }
}

/// The answer to a request as it goes out.
pub(super) fn deliver(
    vendor: Vendor,
    number: u64,
    now_ms: u64,
    ask: &Ask,
    answer: Answer,
    behaviour: &Behaviour,
    faults: &[Fault],
) -> Delivery {
    let answer = said(answer, ask, faults);
    let usage = charged(&answer, ask, faults);
    let huge = faults.iter().any(|fault| matches!(fault, Fault::HugeLine { .. }));
    let told = Told {
        number,
        created_s: now_ms / 1_000,
        model: &ask.model,
        answer: &answer,
        usage: (!faults.contains(&Fault::NoUsage)).then_some(usage),
        finish: (!faults.contains(&Fault::NoFinish)).then(|| answer.finish()),
        stream_usage: ask.stream_usage,
        repeat_names: faults.contains(&Fault::RepeatedToolNames),
        delta_chars: if huge { usize::MAX } else { behaviour.delta_chars },
    };
    let tells = told.usage.filter(|_| !ask.stream || ask.stream_usage);
    let mut delivery =
        if ask.stream { streamed(vendor, &told, faults) } else { whole(vendor, &told, faults) };
    delivery.bill.usage = usage;
    delivery.bill.told = tells;
    delivery
}

/// What the model says once faults and its own limit had their way.
fn said(mut answer: Answer, ask: &Ask, faults: &[Fault]) -> Answer {
    for fault in faults {
        match fault {
            Fault::EmptyAnswer => answer = Answer { finish: Some(Finish::Stop), ..Answer::default() },
            Fault::HalfText => {
                let half = answer.text.chars().count() / 2;
                answer.text = answer.text.chars().take(half).collect();
            }
            Fault::HugeLine { bytes } => answer.text = "x".repeat(*bytes),
            Fault::PastLimit { bytes, thinking } => {
                let words = "word ".repeat(bytes / 5);
                answer = if *thinking {
                    Answer { thoughts: words, ..Answer::default() }
                } else {
                    Answer::text(words)
                };
            }
            _ => {}
        }
    }
    let unbound = faults
        .iter()
        .any(|fault| matches!(fault, Fault::WrongUsage | Fault::HugeLine { .. } | Fault::PastLimit { .. }));
    let bytes_max = ask
        .output_tokens_max
        .and_then(|most| usize::try_from(most).ok())
        .map(|most| most.saturating_mul(BYTES_PER_TOKEN));
    if let Some(most) = bytes_max.filter(|most| answer.text.len() > *most && !unbound) {
        answer.text.truncate(answer.text.floor_char_boundary(most));
        answer.finish = Some(Finish::Length);
        answer.tool_calls.clear();
    }
    answer
}

fn charged(answer: &Answer, ask: &Ask, faults: &[Fault]) -> Usage {
    let said: usize =
        answer.tool_calls.iter().map(|call| call.name.len() + call.arguments_text().len()).sum();
    let counted = Usage {
        input: ask.input_tokens(),
        written: ask.written_tokens(),
        output: tokens_of_bytes(answer.thoughts.len() + answer.text.len() + said).max(1),
        ..Usage::default()
    };
    let usage = answer.usage.unwrap_or(counted);
    if faults.contains(&Fault::WrongUsage) {
        let allowed = ask.output_tokens_max.unwrap_or(usage.output);
        return Usage { output: allowed * 2 + EXCESS_TOKENS, ..usage };
    }
    usage
}

fn delivery(content_type: &'static str, steps: Vec<Step>, body_bytes: usize, chunked: bool) -> Delivery {
    let (status, headers, bill) = (200, Vec::new(), Bill::default());
    Delivery { status, content_type, headers, steps, chunked, body_bytes, bill }
}

/// A page for people instead of an answer.
fn page_for_people(faults: &[Fault]) -> Delivery {
    let body = page().into_bytes();
    let length = body.len();
    delivery("text/html; charset=utf-8", steps::whole(body, faults), length, false)
}

fn whole(vendor: Vendor, told: &Told<'_>, faults: &[Fault]) -> Delivery {
    if faults.contains(&Fault::WrongContentType) {
        return page_for_people(faults);
    }
    let mut body = vendor.whole(told).to_string().into_bytes();
    if faults.contains(&Fault::EmptyBody) {
        body.clear();
    }
    if faults.contains(&Fault::MalformedChunk) {
        body.truncate(body.len() / 2);
    }
    let length = body.len();
    delivery("application/json", steps::whole(body, faults), length, false)
}

fn streamed(vendor: Vendor, told: &Told<'_>, faults: &[Fault]) -> Delivery {
    if faults.contains(&Fault::WrongContentType) {
        return page_for_people(faults);
    }
    let mut frames = if faults.contains(&Fault::EmptyBody) { Vec::new() } else { vendor.frames(told) };
    broken(vendor, &mut frames, faults);
    let said_total = frames.iter().filter(|frame| frame.part == Part::Said).count();
    let length = frames.iter().map(|frame| frame.bytes.len()).sum();
    let mut delivery =
        delivery("text/event-stream; charset=utf-8", steps::streamed(&frames, faults), length, true);
    delivery.bill.said_total = u64::try_from(said_total).unwrap_or(u64::MAX);
    delivery
}

/// Puts what is no event, or an error, after the first piece of what the model says.
fn broken(vendor: Vendor, frames: &mut Vec<Frame>, faults: &[Fault]) {
    let first = frames.iter().position(|frame| frame.part == Part::Said);
    let after = first.map_or(frames.len(), |at| at + 1);
    if faults.contains(&Fault::MalformedChunk) {
        let name = "content_block_delta";
        frames.insert(after, vendor.frame(Part::Frame, name, "{\"id\": \"broken, \"choices\": [{"));
    }
    if faults.contains(&Fault::StreamError) {
        frames.truncate(after);
        frames.push(vendor.stream_error());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(output_tokens_max: Option<u64>) -> Ask {
        Ask {
            texts: vec!["x".repeat(40)],
            output_tokens_max,
            stream: true,
            stream_usage: true,
            ..Ask::default()
        }
    }

    #[test]
    fn the_output_limit_is_kept_unless_a_fault_says_otherwise() {
        for (faults, text_bytes, output) in [
            (vec![], 20, 5),
            (vec![Fault::WrongUsage], 100, 5 * 2 + EXCESS_TOKENS),
            (vec![Fault::HugeLine { bytes: 400 }], 400, 100),
            (vec![Fault::EmptyAnswer], 0, 1),
        ] {
            let ask = ask(Some(5));
            let answer = said(Answer::text("é".repeat(50)), &ask, &faults);
            assert_eq!(
                (answer.text.len(), charged(&answer, &ask, &faults).output),
                (text_bytes, output),
                "{faults:?}"
            );
        }
        let cut = said(Answer::text("é".repeat(50)), &ask(Some(5)), &[]);
        assert_eq!(cut.finish(), Finish::Length);
    }

    #[test]
    fn what_is_cut_is_charged_by_what_went_out() {
        let usage = Usage { input: 10, output: 7, cached: 2, reasoning: 3, written: 0 };
        let bill = Bill { usage, told: Some(usage), said_total: 4 };
        for (said, all, output) in [(0, false, 0), (1, false, 2), (3, false, 6), (4, false, 7), (0, true, 7)]
        {
            assert_eq!(
                (bill.so_far(said, all).input, bill.so_far(said, all).output),
                (10, output),
                "{said} {all}"
            );
        }
    }
}
