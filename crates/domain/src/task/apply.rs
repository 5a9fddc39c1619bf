//! `apply`: what an event makes of a task. It never fails and never decides.

use super::answer::Recorded;
use super::event::{Event, Outcome, RevisionScope};
use super::past::{Draft, DraftReview, Ending, PinnedPlan, RefusedPlan, Revision};
use super::phase::Stage;
use super::state::{Flying, Step, Task, Wait};
use super::view;
use crate::approval::{Approval, ApprovalState, ApprovalSubject};
use crate::budget::{AttemptKey, Ledger};
use crate::clock::Clock;
use crate::id::{AgentId, TaskId};
use crate::model_step::{Cause, Due, ModelStep, Target};
use crate::money::MicroUsd;
use crate::path::{EffectPath, Node};
use crate::plan::{Plan, Settled};
use crate::review::Verdict;
use crate::subtask::{
    Accepted, CallPhase, CallRecord, CallRequest, CycleFailure, Review, Run, Subtask, SubtaskPhase,
    ToolPhase, ToolStep, Turn,
};
use crate::time::{Millis, Timestamp};
use crate::wait::WaitKind;

mod ended;
mod passes;

impl Task {
    /// The task that the first event of a stream begins; `None` where it is not a submission.
    pub fn begin(id: TaskId, event: &Event, at: Timestamp) -> Option<Self> {
        let Event::Submitted { rules, submission } = event else { return None };
        let mut task = Self {
            id,
            seq: 1,
            rules: *rules,
            ledger: Ledger::new(submission.cap),
            submission: (**submission).clone().into(),
            pass: 1,
            stage: Stage::Pending,
            progress: 0,
            wait: None,
            analysis: None,
            complexity: crate::plan::Complexity::default(),
            selection: None,
            specialists: Vec::new(),
            plan: None,
            refused_plans: Vec::new(),
            subtasks: std::collections::BTreeMap::new(),
            steps: std::collections::BTreeMap::new(),
            coordination: None,
            drafts: Vec::new(),
            approvals: Vec::new(),
            clock: Clock::default(),
            ending: None,
            revisions: Vec::new(),
            created_at: at,
            updated_at: at,
            erased: false,
            stars: None,
            quarantined: Vec::new(),
            numbers_used: 0,
            flying: std::collections::BTreeMap::new(),
            began: false,
            opened_at: at,
            asked_before: 0,
            spent_before: MicroUsd::ZERO,
        };
        task.progress = view::progress(&task);
        Some(task)
    }

    /// Makes `event`, recorded at `at`, part of the state.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        self.seq += 1;
        self.updated_at = self.updated_at.max(at);
        match event {
            Event::Submitted { .. } => {}
            Event::Resumed { rules } => self.open_resumed(*rules, at),
            Event::RevisionRequested { rules, scope, request } => {
                self.open_revision(*rules, scope, *request, at);
            }
            Event::Entered(stage) => self.enter(*stage, at),
            Event::EffectStarted { path, attempt, target, cause, reserved, agent } => {
                let key = AttemptKey { path: *path, attempt: *attempt };
                self.took_off(key, target.as_ref(), *reserved, *agent);
                self.start(path.node, *attempt, target.as_ref(), *cause, at);
                self.seat(path.node, *agent);
            }
            Event::EffectEnded { path, attempt, outcome, booked, .. } => {
                self.flying.remove(&AttemptKey { path: *path, attempt: *attempt });
                self.ledger.record_settled(&AttemptKey { path: *path, attempt: *attempt }, booked);
                self.end(*path, outcome, at);
            }
            Event::AttemptScheduled { path, cause, target, not_before, waits } => {
                self.schedule(path.node, *cause, *target, *not_before, *waits, at);
            }
            Event::RunStarted { subtask, cycle, other_specialist } => {
                self.start_run(*subtask, *cycle, *other_specialist, at);
            }
            Event::RunFailed { subtask, failure } => self.fail_run(*subtask, *failure, at),
            Event::SubtaskSettled { subtask, settled } => self.settle_subtask(*subtask, *settled),
            Event::ApprovalRequested { number, subject, digest } => {
                self.approvals.push(Approval::ask(*number, *subject, *digest, at));
                self.hold_call(*number, *subject);
            }
            Event::ApprovalDecided { number, state, comment } => self.decided(*number, *state, *comment, at),
            Event::PlanEdited { content, plan } => {
                self.void(at, |subject| subject == ApprovalSubject::Plan);
                self.pin_plan(*content, plan);
            }
            Event::CallSettled { path, phase } => self.settle_call(path.node, phase.clone(), at),
            Event::WaitStarted(kind) => self.wait = Some(Wait { kind: *kind, since: at }),
            Event::WaitEnded(_) => self.wait = None,
            Event::Recovered { last_seen } => self.shift_clocks(*last_seen, at),
            Event::CapChanged { cap } => self.ledger.record_cap(*cap),
            Event::Completed { .. } | Event::Failed { .. } | Event::Cancelled => self.end_pass(event, at),
            Event::Rated { stars, .. } => self.stars = Some(*stars),
            Event::ContentErased => self.erased = true,
        }
        self.progress = self.progress.max(view::progress(self));
    }

    fn enter(&mut self, stage: Stage, at: Timestamp) {
        self.stage = stage;
        self.asked_before = u32::try_from(self.approvals.len()).unwrap_or(u32::MAX);
        let limits = &self.submission.policy.limits.stage_millis;
        let (node, allowance) = match stage {
            Stage::Analysis => (Some(Node::Analyse), limits.analyse),
            Stage::Selection => (Some(Node::Select), limits.select),
            Stage::Decomposition { round } => (Some(Node::Decompose { round }), limits.decompose),
            Stage::Coordination => (Some(Node::Coordinate), limits.coordinate),
            Stage::Synthesis { round } => (Some(Node::Synthesise { round }), limits.synthesise),
            Stage::FinalReview { round } => (Some(Node::FinalReview { round }), limits.final_review),
            Stage::Pending | Stage::PlanApproval | Stage::Execution | Stage::ResultApproval { .. } => {
                (None, Millis::default())
            }
            Stage::Completed | Stage::Failed | Stage::Cancelled => (None, Millis::default()),
        };
        // The repair of a plan shares the time of the plan; what a person asked for gets its own.
        let repairs = self.refused_plans.last().is_some_and(|refused| !refused.by_person);
        if !matches!(stage, Stage::Decomposition { round: 1.. } if repairs) {
            self.clock = Clock::with(allowance);
        }
        if let Some(node) = node {
            self.steps.insert(node, Step::Model(ModelStep::due(at)));
        }
    }

    fn took_off(
        &mut self,
        key: AttemptKey,
        target: Option<&Target>,
        reserved: MicroUsd,
        agent: Option<AgentId>,
    ) {
        if let Some(target) = target {
            self.flying.insert(key, Flying { target: target.clone(), agent });
        }
        self.ledger.record_reserved(key, reserved);
        self.began = true;
    }

    fn start(&mut self, node: Node, attempt: u16, target: Option<&Target>, cause: Cause, at: Timestamp) {
        match self.steps.get_mut(&node) {
            Some(Step::Model(step)) => {
                step.start(attempt, target.map_or(0, |target| target.index), cause, at);
            }
            Some(Step::Tool(step)) => {
                step.attempt = attempt;
                step.phase = ToolPhase::InFlight { since: at };
            }
            None => {}
        }
        self.clock_of(node).start(at);
    }

    fn seat(&mut self, node: Node, agent: Option<AgentId>) {
        let Node::Model { subtask, .. } = node else { return };
        let run = self.subtasks.get_mut(&subtask).and_then(|subtask| subtask.runs.last_mut());
        if let (Some(run), Some(agent)) = (run, agent) {
            run.agent = Some(agent);
        }
    }

    fn schedule(
        &mut self,
        node: Node,
        cause: Cause,
        target: u8,
        not_before: Option<Timestamp>,
        waits: Option<WaitKind>,
        since: Timestamp,
    ) {
        match self.steps.get_mut(&node) {
            Some(Step::Model(step)) => step.schedule(Due { cause, target, not_before, waits, since }),
            Some(Step::Tool(step)) => step.phase = ToolPhase::Due { not_before },
            None => {}
        }
    }

    fn clock_of(&mut self, node: Node) -> &mut Clock {
        match node {
            Node::Model { subtask, .. } | Node::Tool { subtask, .. } | Node::Review { subtask, .. } => {
                match self.subtasks.get_mut(&subtask) {
                    Some(subtask) => &mut subtask.clock,
                    None => &mut self.clock,
                }
            }
            _ => &mut self.clock,
        }
    }

    fn shift_clocks(&mut self, last_seen: Timestamp, at: Timestamp) {
        self.clock.shift(last_seen, at);
        for subtask in self.subtasks.values_mut() {
            subtask.clock.shift(last_seen, at);
        }
    }

    fn start_run(&mut self, number: u16, cycle: u8, other_specialist: bool, at: Timestamp) {
        let allowance = self.submission.policy.limits.stage_millis.subtask;
        let Some(subtask) = self.subtasks.get_mut(&number) else { return };
        subtask.runs.push(Run::new(self.pass, cycle, other_specialist, at));
        subtask.phase = SubtaskPhase::Running;
        subtask.clock = Clock::with(allowance);
        let node = Node::Model { subtask: number, cycle, turn: 1 };
        self.steps.insert(node, Step::Model(ModelStep::due(at)));
    }

    fn fail_run(&mut self, number: u16, failure: CycleFailure, at: Timestamp) {
        if failure == CycleFailure::Quarantined {
            self.note_quarantined(|node| node.subtask() == Some(number));
        }
        self.steps.retain(|node, _| node.subtask() != Some(number));
        // Nobody needs an answer about a call that will not be made.
        self.void(at, |subject| match subject {
            ApprovalSubject::Tool(path) => path.node.subtask() == Some(number),
            ApprovalSubject::Plan | ApprovalSubject::Publication => false,
        });
        let Some(subtask) = self.subtasks.get_mut(&number) else { return };
        subtask.phase = SubtaskPhase::Waiting;
        if let Some(run) = subtask.runs.last_mut() {
            run.failure = Some(failure);
        }
    }

    fn void(&mut self, at: Timestamp, moot: impl Fn(ApprovalSubject) -> bool) {
        for approval in self.approvals.iter_mut().filter(|approval| moot(approval.subject)) {
            approval.settle(ApprovalState::Void, at, None);
        }
    }

    fn note_quarantined(&mut self, chosen: impl Fn(Node) -> bool) {
        let limit = self.submission.policy.limits.poison_count_max;
        let poisoned = self.steps.iter().filter(|(node, step)| chosen(**node) && step.poison() >= limit);
        let paths: Vec<EffectPath> = poisoned.map(|(node, _)| self.path(*node)).collect();
        self.quarantined.extend(paths);
    }

    fn settle_subtask(&mut self, number: u16, settled: Settled) {
        let Some(subtask) = self.subtasks.get_mut(&number) else { return };
        subtask.phase = match settled {
            Settled::Accepted => SubtaskPhase::Accepted,
            Settled::Failed => SubtaskPhase::FinallyFailed,
            Settled::Skipped => SubtaskPhase::Skipped,
        };
        let Some(run) = subtask.runs.last().filter(|_| settled == Settled::Accepted) else { return };
        // Where a revision brought nothing, what was accepted before it stands.
        let accepted = |review: &&Review| review.scores.verdict() == Verdict::Accepted;
        let review = run.review.as_ref().filter(|_| run.failure.is_none()).filter(accepted);
        if let (Some(content), Some(review)) = (run.solution, review) {
            let hundredths = review.scores.hundredths();
            subtask.accepted = Some(Accepted { content, hundredths, pass: run.pass, cycle: run.cycle });
        }
    }

    fn pin_plan(&mut self, content: crate::blob::BlobRef, plan: &Plan) {
        let old: Vec<u16> = self.planned().map(|subtask| subtask.node.number).collect();
        for number in old {
            let untouched = self.subtasks.get(&number).is_some_and(|subtask| subtask.runs.is_empty());
            if untouched {
                self.subtasks.remove(&number);
            }
        }
        for node in &plan.nodes {
            self.numbers_used = self.numbers_used.max(node.number);
            self.subtasks.insert(node.number, Subtask::new(node.clone()).into());
        }
        // What was found in the solutions of another plan says nothing of this one's.
        self.coordination = None;
        self.plan = Some(PinnedPlan { content, plan: plan.clone() }.into());
    }

    fn decided(
        &mut self,
        number: u32,
        state: ApprovalState,
        comment: Option<crate::blob::BlobRef>,
        at: Timestamp,
    ) {
        let Some(approval) = self.approvals.iter_mut().find(|approval| approval.number == number) else {
            return;
        };
        approval.settle(state, at, comment);
        let subject = approval.subject;
        match (subject, state) {
            (ApprovalSubject::Plan, ApprovalState::Rejected) => {
                if let Some(pinned) = &self.plan {
                    let (content, pass) = (pinned.content, self.pass);
                    self.refused_plans.push(RefusedPlan { content, why: comment, by_person: true, pass });
                }
            }
            (ApprovalSubject::Publication, ApprovalState::Rejected) => {
                if let Some(draft) = self.drafts.last_mut() {
                    draft.review = Some(DraftReview { content: comment, approved: false });
                }
            }
            (ApprovalSubject::Publication, ApprovalState::Edited { content, .. }) => {
                let (pass, round) = (self.pass, self.drafts.last().map_or(0, |draft| draft.round));
                let review = Some(DraftReview { content: comment, approved: true });
                self.drafts.push(Draft { pass, round, content, review });
            }
            (ApprovalSubject::Tool(path), ApprovalState::Approved) => {
                if let Some(Step::Tool(step)) = self.steps.get_mut(&path.node) {
                    step.phase = ToolPhase::Due { not_before: None };
                }
            }
            _ => {}
        }
    }

    fn hold_call(&mut self, number: u32, subject: ApprovalSubject) {
        if let ApprovalSubject::Tool(path) = subject {
            self.steps.insert(path.node, Step::Tool(ToolStep::awaiting(number)));
        }
    }

    fn settle_call(&mut self, node: Node, phase: CallPhase, at: Timestamp) {
        self.steps.remove(&node);
        let Node::Tool { subtask, cycle, turn, call } = node else { return };
        let pass = self.pass;
        let record = self
            .subtasks
            .get_mut(&subtask)
            .and_then(|subtask| subtask.runs.last_mut())
            .filter(|run| run.pass == pass && run.cycle == cycle)
            .and_then(|run| run.turns.get_mut(usize::from(turn).saturating_sub(1)))
            .and_then(|turn| turn.calls.get_mut(usize::from(call)));
        if let Some(record) = record {
            record.phase = phase;
        }
        self.continue_loop(subtask, cycle, turn, at);
    }

    /// The next turn begins when every call of this one has a result.
    fn continue_loop(&mut self, number: u16, cycle: u8, turn: u8, at: Timestamp) {
        let run = self.subtasks.get(&number).and_then(|subtask| subtask.run());
        if run.is_some_and(|run| usize::from(turn) == run.turns.len() && run.turn_complete()) {
            let node = Node::Model { subtask: number, cycle, turn: turn.saturating_add(1) };
            self.steps.insert(node, Step::Model(ModelStep::due(at)));
        }
    }
}
