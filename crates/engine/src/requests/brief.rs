//! Parts of a task's content that several purposes share.

use divisi_domain::blob::BlobRef;
use divisi_domain::plan::Settled;
use divisi_domain::subtask::{Run, Subtask};
use divisi_domain::task::{RevisionScope, Task};
use divisi_llm::inputs::{
    AcceptedSolution, Dependency, Feedback, Gap, RevisionBrief, SubtaskBrief, TaskBrief,
};
use divisi_llm::outputs::{Analysis, SubtaskDraft};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::RequestError;
use crate::content::{ContentError, Contents};
use crate::spec::TaskSpec;

/// Reads the shared parts.
#[derive(Debug, Clone, Copy)]
pub struct Briefs<'a> {
    /// The task.
    pub task: &'a Task,
    /// Its content.
    pub contents: Contents<'a>,
}

impl Briefs<'_> {
    /// The task as the user submitted it, with the change a person asked for in this pass.
    pub fn task(&self) -> Result<TaskBrief, RequestError> {
        let spec: TaskSpec = self.contents.json(self.task.submission.spec)?;
        let mut brief = spec.brief;
        brief.revision = self.revision()?;
        Ok(brief)
    }

    fn revision(&self) -> Result<Option<RevisionBrief>, RequestError> {
        let Some(revision) = self.task.revision() else { return Ok(None) };
        let areas = match &revision.scope {
            RevisionScope::SpecificSubtasks(numbers) => {
                let written = self.written()?;
                let titles = numbers.iter().map(|number| written.brief(*number).map(|brief| brief.title));
                titles.collect::<Result<Vec<_>, _>>()?
            }
            RevisionScope::FullTask | RevisionScope::FinalAnswer => Vec::new(),
        };
        Ok(Some(RevisionBrief { request: self.contents.text(revision.request)?, areas }))
    }

    /// The analysis.
    pub fn analysis(&self) -> Result<Analysis, RequestError> {
        let content = self.task.analysis.ok_or(RequestError::Missing("analysis"))?;
        Ok(self.contents.json(content)?)
    }

    /// A subtask of the present plan.
    pub fn subtask(&self, number: u16) -> Result<SubtaskBrief, RequestError> {
        self.written()?.brief(number)
    }

    /// The subtasks of the present plan, read once for all that are asked for.
    fn written(&self) -> Result<Written, RequestError> {
        let pinned = self.task.plan.as_ref().ok_or(RequestError::Missing("plan"))?;
        let first = pinned.plan.nodes.first().map_or(1, |node| node.number);
        let Subtasks { subtasks } = self.contents.json(pinned.content)?;
        Ok(Written { plan: pinned.content, first, subtasks })
    }

    /// What the dependencies of a subtask hand on.
    pub fn dependencies(&self, subtask: &Subtask) -> Result<Vec<Dependency>, RequestError> {
        let edges = &subtask.node.dependencies;
        if edges.is_empty() {
            return Ok(Vec::new());
        }
        let written = self.written()?;
        edges.iter().map(|edge| self.dependency(&written, edge.on)).collect()
    }

    fn dependency(&self, written: &Written, number: u16) -> Result<Dependency, RequestError> {
        let accepted = self.task.subtasks.get(&number).and_then(|subtask| subtask.accepted.as_ref());
        let solution = accepted.map(|accepted| self.contents.json(accepted.content)).transpose()?;
        let gap = solution.is_none().then(|| self.gap_reason(number));
        Ok(Dependency { subtask: written.brief(number)?, solution, gap })
    }

    /// Earlier runs of a subtask in this pass, and the accepted one of a pass before that a person wants changed.
    pub fn feedback(&self, subtask: &Subtask) -> Result<Vec<Feedback>, RequestError> {
        let earlier = subtask.runs.split_last().map_or(&[][..], |(_, earlier)| earlier);
        earlier.iter().map(|run| self.feedback_of(run)).collect()
    }

    fn feedback_of(&self, run: &Run) -> Result<Feedback, RequestError> {
        let review = run.review.as_ref().map(|review| self.contents.json(review.content)).transpose()?;
        Ok(Feedback {
            solution: run.solution.map(|solution| self.contents.json(solution)).transpose()?,
            review,
            failure: run.failure.map(|failure| failure.code().to_owned()),
        })
    }

    /// Every accepted solution of the plan.
    pub fn accepted(&self) -> Result<Vec<AcceptedSolution>, RequestError> {
        let accepted = self.task.planned().filter(|subtask| subtask.settled() == Some(Settled::Accepted));
        let with = accepted.filter_map(|subtask| Some((subtask.node.number, subtask.accepted.as_ref()?)));
        let written = self.written()?;
        with.map(|(number, accepted)| {
            Ok(AcceptedSolution {
                subtask: written.brief(number)?,
                solution: self.contents.json(accepted.content)?,
                score_hundredths: accepted.hundredths,
            })
        })
        .collect()
    }

    /// Every planned subtask that brought nothing.
    pub fn gaps(&self) -> Result<Vec<Gap>, RequestError> {
        let missing = self.task.missing();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let written = self.written()?;
        let gap = |number| Ok(Gap { subtask: written.brief(number)?, reason: self.gap_reason(number) });
        missing.into_iter().map(gap).collect()
    }

    fn gap_reason(&self, number: u16) -> String {
        let subtask = self.task.subtasks.get(&number);
        let run = subtask.and_then(|subtask| subtask.run());
        match (subtask.and_then(|subtask| subtask.settled()), run) {
            (Some(Settled::Skipped), _) => {
                "A subtask that it requires brought nothing, so it was skipped.".to_owned()
            }
            (_, Some(run)) => run_reason(run),
            (_, None) => "It was not begun.".to_owned(),
        }
    }
}

fn run_reason(run: &Run) -> String {
    match (&run.review, run.failure) {
        (_, Some(failure)) => format!("Its last run ended without a solution ({}).", failure.code()),
        (Some(review), None) => {
            let score = review.scores.hundredths();
            format!("No solution was accepted; the last one scored {}.{:02} of 10.", score / 100, score % 100)
        }
        (None, None) => "It was not finished.".to_owned(),
    }
}

/// The part of a stored [`Decomposition`](divisi_llm::outputs::Decomposition) that is read. Each call is about one subtask,
/// or some: only these are understood.
#[derive(Deserialize)]
struct Subtasks {
    subtasks: Vec<Box<RawValue>>,
}

/// The subtasks of a plan as they were written.
struct Written {
    plan: BlobRef,
    /// Number of the first.
    first: u16,
    subtasks: Vec<Box<RawValue>>,
}

impl Written {
    fn brief(&self, number: u16) -> Result<SubtaskBrief, RequestError> {
        let place = usize::from(number.saturating_sub(self.first));
        let written = self.subtasks.get(place).ok_or(RequestError::Missing("subtask"))?;
        let draft: SubtaskDraft = serde_json::from_str(written.get())
            .map_err(|error| ContentError::Shape { blob: self.plan, cause: error.to_string() })?;
        Ok(SubtaskBrief::of(number, draft))
    }
}
