//! An answer as the steps in which it goes out, and what faults make of them.

use crate::fault::{Ending, Fault, Place, Wait};
use crate::wire::{Frame, Part};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Bytes of the body, and what is said once they are out.
    Send(Vec<u8>, Option<Part>),
    /// Time passes.
    Wait(Wait),
    /// Nothing more happens until the client leaves.
    Stall,
    /// The connection ends here.
    End(Ending),
}

/// The steps of a streamed body.
pub(crate) fn streamed(frames: &[Frame], faults: &[Fault]) -> Vec<Step> {
    let mut steps = queued(faults);
    let mut said = 0;
    for frame in frames {
        if frame.part == Part::Said {
            steps.extend(before_said(faults, said));
            said += 1;
        }
        let copies = if faults.contains(&Fault::DuplicateChunks) { 2 } else { 1 };
        for copy in 0..copies {
            let part = (copy == 0).then_some(frame.part);
            steps.push(Step::Send(frame.bytes.clone(), part));
        }
        if faults.contains(&Fault::Pings) {
            steps.push(ping());
        }
    }
    shaped(steps, faults)
}

fn ping() -> Step {
    Step::Send(b": ping\n\n".to_vec(), None)
}

/// What a server says while a request waits in its queue.
fn queued(faults: &[Fault]) -> Vec<Step> {
    let mut steps = Vec::new();
    for fault in faults {
        if let Fault::Queue { pings, wait } = fault {
            steps.extend((0..*pings).flat_map(|_| [Step::Wait(*wait), ping()]));
        }
    }
    steps
}

/// The steps of a body that comes in one piece.
pub(crate) fn whole(body: Vec<u8>, faults: &[Fault]) -> Vec<Step> {
    let mut steps = before_said(faults, 0);
    steps.push(Step::Send(body, Some(Part::Usage)));
    shaped(steps, faults)
}

/// What happens before the piece of what the model says that has this number, from 0.
fn before_said(faults: &[Fault], number: usize) -> Vec<Step> {
    let here = |place: Place| match place {
        Place::Headers => false,
        Place::FirstToken => number == 0,
        Place::Chunks => number > 0,
    };
    let step = |fault: &Fault| match fault {
        Fault::Delay { at, wait } if here(*at) => Some(Step::Wait(*wait)),
        Fault::Stall { at } if here(*at) => Some(Step::Stall),
        _ => None,
    };
    faults.iter().filter_map(step).collect()
}

fn shaped(steps: Vec<Step>, faults: &[Fault]) -> Vec<Step> {
    let mut steps = steps;
    for fault in faults {
        steps = match fault {
            Fault::OneByteChunks => resized(steps, |bytes| (1..bytes.len()).collect()),
            Fault::SplitUtf8 => resized(steps, inside_characters),
            _ => steps,
        };
    }
    let cut = faults.iter().find_map(|fault| match fault {
        Fault::Cut { at_byte, how } => Some((*at_byte, *how)),
        _ => None,
    });
    match cut {
        Some((at_byte, how)) => cut_at(steps, at_byte, how),
        None => steps,
    }
}

/// Cuts what is sent at these places.
fn resized(steps: Vec<Step>, places: impl Fn(&[u8]) -> Vec<usize>) -> Vec<Step> {
    let cut = |step: Step| match step {
        Step::Send(bytes, part) => {
            let ends: Vec<usize> = places(&bytes).into_iter().chain([bytes.len()]).collect();
            let starts = [0].into_iter().chain(ends.iter().copied());
            let pieces = starts.zip(ends.iter().copied());
            let piece =
                |(start, end)| Step::Send(bytes[start..end].to_vec(), part.filter(|_| end == bytes.len()));
            pieces.map(piece).collect()
        }
        other => vec![other],
    };
    steps.into_iter().flat_map(cut).collect()
}

/// Places at which a character is not complete.
fn inside_characters(bytes: &[u8]) -> Vec<usize> {
    let continues = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    (1..bytes.len()).filter(|at| continues(bytes[*at])).collect()
}

fn cut_at(steps: Vec<Step>, at_byte: usize, how: Ending) -> Vec<Step> {
    let (mut left, mut kept) = (at_byte, Vec::new());
    for step in steps {
        match step {
            Step::Send(bytes, _) if bytes.len() > left => {
                kept.push(Step::Send(bytes[..left].to_vec(), None));
                kept.push(Step::End(how));
                return kept;
            }
            Step::Send(bytes, part) => {
                left -= bytes.len();
                kept.push(Step::Send(bytes, part));
            }
            other => kept.push(other),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames() -> Vec<Frame> {
        let frame = |part, text: &str| Frame { part, bytes: text.as_bytes().to_vec() };
        vec![
            frame(Part::Frame, "open"),
            frame(Part::Said, "é"),
            frame(Part::Said, "x"),
            frame(Part::Usage, "u"),
        ]
    }

    /// The steps in short: bytes, `w`aits, `s`talls, the end; a part is noted by `!`.
    fn short(steps: &[Step]) -> String {
        let one = |step: &Step| match step {
            Step::Send(bytes, part) => {
                format!("{}{}", String::from_utf8_lossy(bytes), if part.is_some() { "!" } else { "" })
            }
            Step::Wait(_) => "w".to_owned(),
            Step::Stall => "s".to_owned(),
            Step::End(_) => "#".to_owned(),
        };
        steps.iter().map(one).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn faults_shape_the_steps() {
        let wait = Wait::Signal;
        for (faults, expected) in [
            (vec![], "open!|é!|x!|u!"),
            (vec![Fault::Delay { at: Place::FirstToken, wait }], "open!|w|é!|x!|u!"),
            (vec![Fault::Delay { at: Place::Chunks, wait }], "open!|é!|w|x!|u!"),
            (vec![Fault::Stall { at: Place::Chunks }], "open!|é!|s|x!|u!"),
            (vec![Fault::Stall { at: Place::Headers }], "open!|é!|x!|u!"),
            (vec![Fault::SplitUtf8], "open!|\u{fffd}|\u{fffd}!|x!|u!"),
            (vec![Fault::OneByteChunks], "o|p|e|n!|\u{fffd}|\u{fffd}!|x!|u!"),
            (vec![Fault::DuplicateChunks], "open!|open|é!|é|x!|x|u!|u"),
            (vec![Fault::Cut { at_byte: 4, how: Ending::Close }], "open!||#"),
            (vec![Fault::Cut { at_byte: 2, how: Ending::Reset }], "op|#"),
            (vec![Fault::Cut { at_byte: 99, how: Ending::Reset }], "open!|é!|x!|u!"),
            (vec![Fault::Queue { pings: 2, wait }], "w|: ping\n\n|w|: ping\n\n|open!|é!|x!|u!"),
            (vec![Fault::Pings], "open!|: ping\n\n|é!|: ping\n\n|x!|: ping\n\n|u!|: ping\n\n"),
        ] {
            assert_eq!(short(&streamed(&frames(), &faults)), expected, "{faults:?}");
        }
    }

    #[test]
    fn a_body_in_one_piece_is_shaped_too() {
        let cut = Fault::Cut { at_byte: 3, how: Ending::Close };
        assert_eq!(short(&whole(b"body".to_vec(), &[])), "body!");
        assert_eq!(short(&whole(b"body".to_vec(), &[cut])), "bod|#");
        assert_eq!(short(&whole(b"body".to_vec(), &[Fault::Stall { at: Place::FirstToken }])), "s|body!");
    }
}
