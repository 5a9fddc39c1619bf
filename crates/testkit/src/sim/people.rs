//! The people of the simulated world: they submit, approve, decline, park, cancel, revise, and repeat themselves when
//! an answer does not come.

use std::collections::BTreeMap;

use divisi_domain::approval::{ApprovalSubject, Decision, Mode, Verdict};
use divisi_domain::id::{InputId, TaskId};
use divisi_domain::money::MicroUsd;
use divisi_domain::subtask::ToolPhase;
use divisi_domain::task::{
    Input, OnBudget, RULES, Resolution, RevisionScope, Stage, Step, Task, TaskPriority, WaitKind,
};
use divisi_domain::time::{Millis, Timestamp};
use divisi_engine::core::{CoreInput, NewTask, Reply, ReplyTo, Side, TaskKey};
use divisi_engine::driver::{NewTask as Submitted, Prepared, prepare, read_state};
use divisi_store::{Reads, blob_ref};

use super::report::Injection;
use super::world::{START, Violation, World};
use crate::app::WORKSPACE;
use crate::chance::Chance;

/// The latest of the users' own deadlines, after the start.
const DEADLINE_MAX: Millis = Millis::from_mins(10);

/// A command that waits for its answer.
#[derive(Debug, Clone)]
struct Asked {
    key: TaskKey,
    id: InputId,
    input: Input,
    sides: Vec<Side>,
}

/// What people know of a task.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) key: TaskKey,
    pub(super) acknowledged: bool,
    pub(super) given_up: bool,
    input: InputId,
    mode: Mode,
    cap: Option<MicroUsd>,
    on_budget: OnBudget,
    deadline: Option<Timestamp>,
    revisions_left: u8,
    parks_left: u8,
    cancels: bool,
}

#[derive(Debug)]
pub(super) struct People {
    pub(super) tasks: Vec<Known>,
    waiting: BTreeMap<ReplyTo, Waiting>,
    unanswered: Vec<Waiting>,
    next_reply: u64,
}

#[derive(Debug, Clone)]
enum Waiting {
    Submission(usize),
    Command(Box<Asked>),
}

impl People {
    pub(super) fn new(tasks: usize, chance: &mut Chance) -> Self {
        let tasks = (0..tasks).map(|number| Known::new(number, chance)).collect();
        Self { tasks, waiting: BTreeMap::new(), unanswered: Vec::new(), next_reply: 1 }
    }

    fn expect(&mut self, waiting: Waiting) -> ReplyTo {
        let to = ReplyTo(self.next_reply);
        self.next_reply += 1;
        self.waiting.insert(to, waiting);
        to
    }

    pub(super) fn answered(&mut self, to: ReplyTo, reply: &Reply) {
        if let Some(Waiting::Submission(place)) = self.waiting.remove(&to)
            && matches!(reply, Reply::Done { .. })
        {
            self.tasks[place].acknowledged = true;
        }
    }

    /// The process died: whoever waits asks again when it is back.
    pub(super) fn connection_lost(&mut self) {
        self.unanswered.extend(std::mem::take(&mut self.waiting).into_values());
    }

    /// Whether anything waits for a person.
    pub(super) fn has_work(&self, reads: &dyn Reads) -> bool {
        if !self.unanswered.is_empty() {
            return true;
        }
        self.tasks.iter().any(|known| match state(reads, known.key) {
            Some(task) => !task.is_terminal(),
            None => !known.given_up,
        })
    }
}

impl Known {
    fn new(number: usize, chance: &mut Chance) -> Self {
        let mut id = [0; 16];
        id[0] = 1;
        id[15] = u8::try_from(number).unwrap_or(u8::MAX);
        let modes = [Mode::FullAutonomous, Mode::FullAutonomous, Mode::Assisted, Mode::Manual];
        let caps = [None, None, Some(MicroUsd(2_000_000)), Some(MicroUsd(300_000))];
        Self {
            key: TaskKey::new(WORKSPACE, TaskId::from_bytes(id)),
            acknowledged: false,
            given_up: false,
            input: InputId([u8::try_from(number).unwrap_or(u8::MAX).wrapping_add(100); 16]),
            mode: modes[chance.below(modes.len())],
            cap: caps[chance.below(caps.len())],
            on_budget: if chance.happens(50) { OnBudget::Wait } else { OnBudget::Finish },
            deadline: chance.happens(25).then(|| START + Millis(10_000 + chance.next() % DEADLINE_MAX.0)),
            revisions_left: u8::from(chance.happens(30)),
            parks_left: u8::from(chance.happens(30)),
            cancels: chance.happens(12),
        }
    }
}

fn state(reads: &dyn Reads, key: TaskKey) -> Option<Task> {
    read_state(reads, key).ok().flatten().map(|(task, _)| task)
}

/// One person does one thing. Tells whether people will come again.
pub(super) fn act(world: &mut World) -> Result<bool, Violation> {
    if world.core.is_none() {
        return Ok(true);
    }
    if let Some(waiting) = world.people.unanswered.pop() {
        world.summary.inject(Injection::RepeatedCommand);
        again(world, waiting)?;
        return Ok(true);
    }
    let places = world.people.tasks.len();
    let first = world.chance.below(places);
    for offset in 0..places {
        let place = (first + offset) % places;
        if one(world, place)? {
            break;
        }
    }
    Ok(world.harm && world.people.has_work(world.store.as_ref()))
}

fn again(world: &mut World, waiting: Waiting) -> Result<(), Violation> {
    match waiting {
        Waiting::Submission(place) => submit(world, place),
        Waiting::Command(asked) => command(world, *asked),
    }
}

/// Whether something was done for the task.
fn one(world: &mut World, place: usize) -> Result<bool, Violation> {
    let known = world.people.tasks[place].clone();
    let Some(task) = state(world.store.as_ref(), known.key) else {
        let asked = world
            .people
            .waiting
            .values()
            .any(|waiting| matches!(waiting, Waiting::Submission(at) if *at == place));
        if !asked {
            submit(world, place)?;
        }
        return Ok(!asked);
    };
    let Some(input) = wish(world, place, &task) else { return Ok(false) };
    let mut sides = Vec::new();
    if let Input::Revise { .. } | Input::Decide { .. } = input {
        let bytes: std::sync::Arc<[u8]> = b"please look again".to_vec().into();
        sides.push(Side { blob: blob_ref(&world.key, &bytes), bytes, answers: None });
    }
    let id = fresh(world);
    command(world, Asked { key: known.key, id, input, sides })?;
    Ok(true)
}

fn fresh(world: &mut World) -> InputId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&world.chance.next().to_be_bytes());
    bytes[8..].copy_from_slice(&world.chance.next().to_be_bytes());
    InputId(bytes)
}

/// What a person wants of the task now, if anything.
fn wish(world: &mut World, place: usize, task: &Task) -> Option<Input> {
    if task.is_terminal() {
        return after_the_end(world, place, task);
    }
    if world.harm && world.people.tasks[place].cancels && world.chance.happens(20) {
        world.people.tasks[place].cancels = false;
        world.summary.inject(Injection::Cancel);
        return Some(Input::Cancel);
    }
    if world.cancels_on_a_full_disk() {
        return Some(Input::Cancel);
    }
    if world.harm && world.people.tasks[place].parks_left > 0 && world.chance.happens(30) {
        world.people.tasks[place].parks_left -= 1;
        world.summary.inject(Injection::Park);
        return Some(Input::Park);
    }
    if let Some(approval) = task.approvals.iter().find(|approval| approval.pending()) {
        let declines = world.harm && world.chance.happens(25);
        if declines {
            world.summary.inject(Injection::Decline);
        }
        let comment = declines.then(|| blob_ref(&world.key, b"please look again"));
        let verdict = if declines { Verdict::Reject } else { Verdict::Approve };
        let decision = Decision { digest: approval.digest, verdict, comment };
        if let ApprovalSubject::Tool(_) = approval.subject {
            world.summary.reached.insert("a tool call was approved or declined".to_owned());
        }
        return Some(Input::Decide { number: approval.number, decision });
    }
    let unknown = task.steps.iter().find(|(_, step)| match step {
        Step::Tool(step) => matches!(step.phase, ToolPhase::OutcomeUnknown { .. }),
        Step::Model(_) => false,
    });
    if let Some((node, _)) = unknown {
        world.summary.reached.insert("an outcome was unknown".to_owned());
        let choices = [Resolution::Skip, Resolution::Fail];
        let resolution = choices[world.chance.below(choices.len())].clone();
        return Some(Input::Resolve { path: task.path(*node), resolution });
    }
    match task.waiting_for(world.now).map(|wait| wait.kind) {
        Some(WaitKind::Budget) => {
            world.summary.reached.insert("a task waited for its budget".to_owned());
            Some(Input::ChangeCap { cap: None })
        }
        Some(WaitKind::Parked | WaitKind::Provider | WaitKind::Quota) => Some(Input::Resume { rules: RULES }),
        _ => None,
    }
}

fn after_the_end(world: &mut World, place: usize, task: &Task) -> Option<Input> {
    let known = &mut world.people.tasks[place];
    if !world.harm || known.revisions_left == 0 {
        return None;
    }
    known.revisions_left -= 1;
    match task.stage {
        Stage::Failed => Some(Input::Resume { rules: RULES }),
        Stage::Completed => {
            let numbers: Vec<u16> = task.planned().map(|subtask| subtask.node.number).take(1).collect();
            let scopes = [
                RevisionScope::FullTask,
                RevisionScope::FinalAnswer,
                RevisionScope::SpecificSubtasks(numbers),
            ];
            let scope = scopes[world.chance.below(scopes.len())].clone();
            let request = blob_ref(&world.key, b"please look again");
            world.summary.inject(Injection::Revise);
            Some(Input::Revise { rules: RULES, scope, request })
        }
        _ => None,
    }
}

fn command(world: &mut World, asked: Asked) -> Result<(), Violation> {
    let reply = world.people.expect(Waiting::Command(Box::new(asked.clone())));
    let Asked { key: task, id, input, sides } = asked;
    world.asked_on_a_full_disk(&input, reply);
    world.step(CoreInput::Command { task, id, input: Box::new(input), sides, reply })
}

fn submit(world: &mut World, place: usize) -> Result<(), Violation> {
    let known = world.people.tasks[place].clone();
    let reply = world.people.expect(Waiting::Submission(place));
    let mut crew = (*world.crew).clone();
    crew.policy.on_budget = known.on_budget;
    let question = "What follows from what we know?";
    let task = Submitted {
        workspace: known.key.workspace,
        input: known.input,
        id: known.key.task,
        title: question.to_owned(),
        description: question.to_owned(),
        constraints: Vec::new(),
        domain: None,
        documents: Vec::new(),
        crew: std::sync::Arc::new(crew),
        mode: known.mode,
        priority: TaskPriority::Medium,
        cap: known.cap,
        // Most have none: a task that hangs does so for ever, and is seen to.
        deadline: known.deadline,
        plan_only: false,
        request: None,
    };
    let Ok(Prepared { submission, sides }) = prepare(&task, &world.key) else { return Ok(()) };
    let (crew, title) = (task.crew, task.title);
    let new = NewTask { key: known.key, id: known.input, submission, crew, title, sides, reply };
    world.step(CoreInput::Submit(Box::new(new)))
}
