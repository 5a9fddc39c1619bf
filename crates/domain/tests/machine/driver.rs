//! A task told one thing at a time, for tests that look at what is between.

use divisi_domain::id::InputId;
use divisi_domain::path::EffectPath;
use divisi_domain::task::{Effects, Envelope, Event, Input, Refusal, Submission, Task, Wanted, effects};
use divisi_domain::time::{Millis, Timestamp};
use divisi_testkit::machine::{Committed, Stream, line};
use divisi_testkit::scenarios::{Deed, Reply, Row, START, Script, TASK, submission};

pub(crate) struct Driver {
    stream: Stream,
    script: Script,
    pub(crate) now: Timestamp,
    inputs: u8,
}

impl Driver {
    /// A submitted task whose plan is `plan`; nothing is admitted yet.
    pub(crate) fn submitted(plan: &'static [Row], change: impl FnOnce(&mut Submission)) -> Self {
        let mut submission = submission();
        change(&mut submission);
        let (stream, script) = (Stream::new(TASK), Script::new(plan, 100));
        let mut driver = Self { stream, script, now: START, inputs: 0 };
        driver.tell(Input::Submit(Box::new(submission))).unwrap();
        driver
    }

    /// A task in its execution, with a run of every subtask without dependencies due.
    pub(crate) fn executing(plan: &'static [Row], change: impl FnOnce(&mut Submission)) -> Self {
        let mut driver = Self::submitted(plan, change);
        driver.tell(Input::Admit).unwrap();
        for path in ["p1/analyse", "p1/select", "p1/decompose/round0"] {
            driver.start(path);
            driver.end(path, &Reply::Good);
        }
        driver
    }

    pub(crate) fn task(&self) -> &Task {
        self.stream.task().unwrap()
    }

    pub(crate) fn effects(&self) -> Effects {
        effects(self.task(), self.now)
    }

    /// Paths of what may start, in order.
    pub(crate) fn startable(&self) -> Vec<String> {
        self.effects().start.iter().map(|wanted| wanted.path.to_string()).collect()
    }

    pub(crate) fn in_flight(&self) -> Vec<String> {
        self.effects().in_flight.iter().map(|(path, attempt)| format!("{path} #{attempt}")).collect()
    }

    pub(crate) fn tell(&mut self, input: Input) -> Result<Vec<Event>, Refusal> {
        self.inputs += 1;
        let envelope = Envelope { id: InputId([self.inputs; 16]), at: self.now, entropy: u64::MAX, input };
        match self.stream.commit(&envelope).unwrap() {
            Committed::Done(events) => Ok(events),
            Committed::Refused(refusal) => Err(refusal),
            Committed::Repeated => unreachable!("an input id twice"),
        }
    }

    /// The same as lines.
    pub(crate) fn lines(&mut self, input: Input) -> Vec<String> {
        self.tell(input).unwrap().iter().map(line).collect()
    }

    pub(crate) fn deed(&mut self, deed: &Deed) -> Result<Vec<Event>, Refusal> {
        let input = deed.input(self.task()).unwrap();
        self.tell(input)
    }

    pub(crate) fn wanted(&self, path: &str) -> Wanted {
        let wanted = self.effects().start.into_iter().find(|wanted| wanted.path.to_string() == path);
        wanted.ok_or_else(|| format!("{path} is not due: {:?}", self.startable())).unwrap()
    }

    pub(crate) fn start(&mut self, path: &str) -> EffectPath {
        let wanted = self.wanted(path);
        self.tell(self.script.start(&wanted)).unwrap();
        wanted.path
    }

    /// Ends the attempt in flight at `path`.
    pub(crate) fn end(&mut self, path: &str, reply: &Reply) {
        let input = self.ending(path, reply);
        self.tell(input).unwrap();
    }

    pub(crate) fn ending(&self, path: &str, reply: &Reply) -> Input {
        let in_flight = self.effects().in_flight;
        let (path, attempt) = *in_flight.iter().find(|(open, _)| open.to_string() == path).unwrap();
        self.script.end_with(reply, path, attempt).unwrap()
    }

    /// Starts and ends an attempt.
    pub(crate) fn make(&mut self, path: &str, reply: &Reply) {
        self.start(path);
        self.end(path, reply);
    }

    pub(crate) fn later(&mut self, span: Millis) {
        self.now = self.now + span;
    }
}
