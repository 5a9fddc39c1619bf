//! One transaction for a group of batches, and what to do when it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use divisi_store::{Batch, Done, StoreError};

use super::apply::Answer;
use super::shared::Shared;
use super::{Task, TaskDone, TaskKind, Writer};
use crate::error::Failure;

pub(crate) type Group = Vec<(Arc<Batch>, Done)>;

impl Writer<'_> {
    /// Commits the group together and answers each of its batches.
    pub(super) fn commit_group(&mut self, group: Group) {
        if let Some(error) = self.broken.error() {
            return refuse(group, &error);
        }
        let group = self.refuse_while_reserve_is_out(group);
        #[cfg(feature = "planted")]
        if self.watch.planted == Some(crate::planted::Planted::AckBeforeCommit) {
            return self.answer_then_commit(group);
        }
        match self.try_group(&group) {
            Ok(answers) => {
                self.hot.trim();
                for ((_, done), answer) in group.into_iter().zip(answers) {
                    call(done, answer);
                }
            }
            Err(failure) => self.recover_group(group, failure),
        }
    }

    fn try_group(&mut self, group: &Group) -> Result<Vec<Answer>, Failure> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        self.in_transaction(|writer| group.iter().map(|(batch, _)| writer.apply(batch)).collect())
    }

    /// Runs `work` in a transaction. If anything fails, it is rolled back and the memory follows the database again.
    pub(crate) fn in_transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        let worked = self.statements.begin.execute([]).and_then(|_| work(self));
        let done = match worked {
            Ok(value) => self.seal().map(|()| value),
            Err(error) => Err(Failure::of(&error)),
        };
        done.inspect_err(|failure| {
            if let Failure::Broken(cause) = failure {
                self.broken.set(cause);
            }
            self.roll_back();
        })
    }

    /// Commits. Anything but success or a full disk breaks the store: nobody knows what reached the disk, and asking again
    /// would not tell.
    fn seal(&mut self) -> Result<(), Failure> {
        let sealed = self.statements.commit.execute([]).and_then(|_| self.watch.verdict());
        sealed.map_err(|error| Failure::of_commit(&error))
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            self.broken.set(&error.to_string());
        }
        self.forget();
    }

    /// Everything in memory is read again from the database.
    fn forget(&mut self) {
        self.hot.clear();
        self.keys.clear();
        match Shared::load(self.connection) {
            Ok(shared) => self.shared = shared,
            Err(error) => self.broken.set(&error.to_string()),
        }
    }

    /// Nothing of the group is on the disk. A full disk refuses it, except for what may use the reserve; any other
    /// failure is found by trying one at a time.
    fn recover_group(&mut self, group: Group, failure: Failure) {
        match failure {
            Failure::Broken(_) => {
                let error = self.broken.error().unwrap_or(StoreError::Closed);
                refuse(group, &error);
            }
            Failure::Unanswered(_) => {
                // Whoever may use the reserve finds it when he asks again.
                if group.iter().any(|(batch, _)| batch.essential) {
                    self.reserve.release();
                }
                refuse(group, &failure.into_error());
            }
            Failure::Full if group.iter().any(|(batch, _)| batch.essential) => {
                let (essential, rest) = group.into_iter().partition(|(batch, _)| batch.essential);
                refuse(rest, &StoreError::Full);
                self.retry_with_reserve(essential);
            }
            Failure::Statement(_) if group.len() > 1 => {
                for one in group {
                    self.commit_group(vec![one]);
                }
            }
            failure => refuse(group, &failure.into_error()),
        }
    }

    fn retry_with_reserve(&mut self, group: Group) {
        if !self.reserve.release() {
            return refuse(group, &StoreError::Full);
        }
        match self.try_group(&group) {
            Ok(answers) => {
                for ((_, done), answer) in group.into_iter().zip(answers) {
                    call(done, answer);
                }
            }
            Err(failure) => refuse(group, &failure.into_error()),
        }
    }

    /// While the reserve is given out and cannot be filled again, only essential batches go on: it is kept for them.
    fn refuse_while_reserve_is_out(&mut self, group: Group) -> Group {
        if !self.reserve.is_short() {
            return group;
        }
        let (essential, rest) = group.into_iter().partition(|(batch, _)| batch.essential);
        refuse(rest, &StoreError::Full);
        essential
    }

    /// Runs a task in a transaction of its own.
    pub(super) fn run_task(&mut self, mut task: Task, kind: TaskKind, done: TaskDone) {
        if let Some(error) = self.broken.error() {
            return done(Err(error));
        }
        let mut ran = self.in_transaction(&mut task);
        match kind {
            TaskKind::Note => {}
            TaskKind::Rewrite => self.forget(),
            TaskKind::Removal => {
                if matches!(ran, Err(Failure::Full | Failure::Unanswered(_))) && self.reserve.release() {
                    ran = self.in_transaction(&mut task);
                }
                self.note_removal();
                self.forget();
            }
        }
        done(ran.map_err(Failure::into_error));
    }
}

fn refuse(group: Group, error: &StoreError) {
    for (_, done) in group {
        call(done, Err(error.clone()));
    }
}

/// A callback that panics must not take the writer with it.
pub(crate) fn call(done: Done, answer: Answer) {
    if catch_unwind(AssertUnwindSafe(|| done(answer))).is_err() {
        tracing::error!("a commit's callback panicked");
    }
}
