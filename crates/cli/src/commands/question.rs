//! A question to the person at the terminal, about what a followed task waits for. It is open until it is answered
//! here, or elsewhere.

use divisi_api::{ApprovalStatus, ApprovalView, Code, DecisionWord};
use divisi_client::Client;

use super::World;
use super::approvals::{about, send};
use crate::failure::Failure;
use crate::keyboard::Keyboard;
use crate::output;
use crate::progress::{Progress, Snapshot};
use crate::render::{Links, Terminal, approval_text};

/// A question that stands on the screen.
#[derive(Debug)]
pub(super) struct Question {
    approval: ApprovalView,
    /// The last event when it was known to be open.
    open_at: u64,
    asks: Asks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Decision,
    Comment,
}

/// What became of a question.
#[derive(Debug)]
pub(super) enum Answered {
    /// It is settled, here or elsewhere.
    Settled,
    /// There is one more thing to ask.
    More(Box<Question>),
    /// The person wants to look first.
    Later,
}

impl Question {
    /// Asks what the task waits for. `None`: there is nothing to ask, or nobody.
    pub(super) async fn pose(
        world: &World,
        client: &Client,
        snapshot: &Snapshot,
        progress: &mut Progress,
        keyboard: &mut Keyboard,
    ) -> Result<Option<Self>, Failure> {
        let Some(approval) = first_open(client, snapshot).await? else { return Ok(None) };
        progress.finish();
        keyboard.forget();
        let terminal = Terminal { styled: true, color: world.terminal.progress_color, ..world.terminal };
        output::show(&approval_text(&approval, &terminal, &Links::of(&world.base, &[])));
        output::ask(&format!(
            "Approve {}? [y]es, [n]o with a comment, anything else: decide later ",
            about(approval.kind)
        ))?;
        Ok(Some(Self { approval, open_at: snapshot.task.last_seq, asks: Asks::Decision }))
    }

    /// The question, if nobody has answered it elsewhere meanwhile.
    pub(super) async fn still_open(
        self,
        client: &Client,
        snapshot: &Snapshot,
    ) -> Result<Option<Self>, Failure> {
        if self.open_at == snapshot.task.last_seq {
            return Ok(Some(self));
        }
        let open = client.task_approvals(snapshot.task.task_id).await?;
        let same = |one: &ApprovalView| {
            one.state == ApprovalStatus::Open
                && one.number == self.approval.number
                && one.digest == self.approval.digest
        };
        if open.iter().any(same) {
            return Ok(Some(Self { open_at: snapshot.task.last_seq, ..self }));
        }
        output::tell("\nThis was decided elsewhere.");
        Ok(None)
    }

    /// Takes in what the person typed; `None`: there is no keyboard any more.
    pub(super) async fn answer(self, client: &Client, typed: Option<String>) -> Result<Answered, Failure> {
        let Some(typed) = typed else { return Ok(Answered::Later) };
        let typed = typed.trim();
        if self.asks == Asks::Comment {
            let comment = (!typed.is_empty()).then(|| typed.to_owned());
            return self.decide(client, DecisionWord::Reject, comment).await;
        }
        match typed {
            "y" | "Y" | "yes" => self.decide(client, DecisionWord::Approve, None).await,
            "n" | "N" | "no" => {
                output::ask("What should be different? ")?;
                Ok(Answered::More(Box::new(Self { asks: Asks::Comment, ..self })))
            }
            _ => match comment_of(typed) {
                Some(comment) => self.decide(client, DecisionWord::Reject, Some(comment.to_owned())).await,
                None => Ok(Answered::Later),
            },
        }
    }

    async fn decide(
        self,
        client: &Client,
        decision: DecisionWord,
        comment: Option<String>,
    ) -> Result<Answered, Failure> {
        match send(client, &self.approval, decision, comment).await {
            Ok(()) => Ok(Answered::Settled),
            Err(Failure::Client(refused)) if refused.code().is_some_and(is_stale) => {
                output::tell("This was decided elsewhere meanwhile.");
                Ok(Answered::Settled)
            }
            Err(error) => Err(error),
        }
    }
}

/// What follows a no on the same line.
fn comment_of(typed: &str) -> Option<&str> {
    let (word, rest) = typed.split_once([' ', ',', ':'])?;
    let rest = rest.trim();
    (matches!(word, "n" | "N" | "no" | "No") && !rest.is_empty()).then_some(rest)
}

/// Whether the task has moved on since the question was asked.
const fn is_stale(code: Code) -> bool {
    matches!(code, Code::ApprovalStale | Code::Conflict | Code::NotFound | Code::TaskEnded)
}

async fn first_open(client: &Client, snapshot: &Snapshot) -> Result<Option<ApprovalView>, Failure> {
    let asked = client.task_approvals(snapshot.task.task_id).await?;
    Ok(asked.into_iter().find(|one| one.state == ApprovalStatus::Open))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_may_follow_a_no() {
        let rows = [
            ("n too coarse", Some("too coarse")),
            ("no, look at the warranty", Some("look at the warranty")),
            ("n", None),
            ("n ", None),
            ("never mind", None),
            ("later", None),
        ];
        for (typed, comment) in rows {
            assert_eq!(comment_of(typed), comment, "{typed}");
        }
    }
}
