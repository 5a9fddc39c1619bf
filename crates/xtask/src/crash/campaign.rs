//! A run: tasks are submitted while the process that runs them is killed again and again; then everything must end.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use anyhow::Context;
use divisi_api::Live;
use divisi_client::{Client, SocketPath};
use divisi_domain::id::TaskId;
use divisi_testkit::chance::Chance;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::counts::Counts;
use super::observe;
use super::plan::Kill;
use super::process::{Binary, Life};
use super::setup::{Folder, WORKSPACE};
use super::submit::Callers;
use super::tally::Tally;
use super::witness::{self, Attempt, Seen};

/// With fewer unfinished tasks than this, more are submitted.
const UNFINISHED_MIN: u64 = 30;

/// A run under way.
pub(super) struct Campaign<'f> {
    folder: &'f Folder,
    binary: Binary,
    client: Client,
    counts: watch::Sender<Counts>,
    seen: Seen,
    callers: Callers,
    running: JoinSet<anyhow::Result<()>>,
    /// Every attempt that a kill cut off.
    pub(super) cut_off: BTreeSet<Attempt>,
    /// Those of the last kill.
    last_cut: usize,
    pub(super) tally: Tally,
}

impl<'f> Campaign<'f> {
    pub(super) fn new(folder: &'f Folder, binary: Binary) -> anyhow::Result<Self> {
        let (counts, _) = watch::channel(Counts::default());
        let mut running = JoinSet::new();
        let seen = witness::start(&folder.witness(), &folder.attempts(), &counts, &mut running)?;
        let client = Client::new(Arc::new(SocketPath(folder.socket())));
        let callers = Callers::new(client.clone(), counts.clone(), &folder.acknowledgements())?;
        Ok(Self {
            folder,
            binary,
            client,
            counts,
            seen,
            callers,
            running,
            cut_off: BTreeSet::new(),
            last_cut: 0,
            tally: Tally::default(),
        })
    }

    /// Submits `tasks` and kills `kills` times, then lets everything end and kills once more.
    pub(super) async fn run(&mut self, kills: u64, tasks: u64, seed: u64) -> anyhow::Result<()> {
        let mut chance = Chance::seeded(seed);
        self.callers.more(tasks, &mut self.running);
        for number in 0..kills {
            let plan = Kill::draw(&mut chance, number == 0);
            self.live_and_die(plan)
                .await
                .with_context(|| format!("kill {number} ({plan:?}) of seed {seed}"))?;
        }
        let mut life = self.begin().await?;
        self.end(&mut life).await?;
        life.kill().await?;
        self.count_cut_off();
        Ok(())
    }

    /// Once everything is over: a dead process's last lines may reach the witness after the kill was looked at.
    fn count_cut_off(&mut self) {
        let seen: BTreeSet<Attempt> = self.seen().into_iter().collect();
        let begun = self.cut_off.intersection(&seen).count() as u64;
        self.tally.attempts_cut_off = begun;
        self.tally.starts_cut_off = self.cut_off.len() as u64 - begun;
    }

    /// Attempts that the witness saw, in order.
    pub(super) fn seen(&self) -> Vec<Attempt> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tasks that were acknowledged.
    pub(super) fn acknowledged(&self) -> BTreeSet<TaskId> {
        self.callers.notes().acknowledged.clone()
    }

    async fn begin(&mut self) -> anyhow::Result<Life> {
        let life = self.binary.start().await?;
        self.counts.send_modify(|counts| {
            counts.lives += 1;
            counts.open = true;
        });
        Ok(life)
    }

    async fn live_and_die(&mut self, plan: Kill) -> anyhow::Result<()> {
        let before = *self.counts.borrow();
        if before.finals + UNFINISHED_MIN > self.callers.submitted() {
            self.callers.more(UNFINISHED_MIN, &mut self.running);
        }
        let mut life = self.begin().await?;
        let submitted = self.callers.submitted();
        let due = |now: &Counts| plan.is_due(&before, now, submitted);
        self.wait(&mut life, due).await?;
        let at_kill = *self.counts.borrow();
        self.counts.send_modify(|counts| counts.open = false);
        life.kill().await?;
        // Every request of the dead process has come to its end before anything is looked at.
        self.counts.subscribe().wait_for(|counts| counts.asking == 0).await?;
        self.examine(&before, &at_kill)
    }

    /// Waits until `due`; the process, the witness or a caller that ends by itself is a failure.
    async fn wait(&mut self, life: &mut Life, due: impl Fn(&Counts) -> bool) -> anyhow::Result<()> {
        let mut told = self.counts.subscribe();
        let waiting = told.wait_for(|counts| due(counts));
        tokio::pin!(waiting);
        loop {
            tokio::select! {
                _ = &mut waiting => return Ok(()),
                died = life.died() => return Err(died),
                Some(ended) = self.running.join_next() => ended??,
            }
        }
    }

    /// Counts what the kill hit, and holds what is left against what was acknowledged.
    fn examine(&mut self, before: &Counts, at_kill: &Counts) -> anyhow::Result<()> {
        let data = self.folder.data()?;
        let mut notes = self.callers.notes();
        let broken_off = std::mem::take(&mut notes.broken_off);
        let acknowledged = notes.acknowledged.clone();
        drop(notes);
        let cut = observe::cut_off(&data, WORKSPACE, &acknowledged)?;
        let durable = observe::known(&data, WORKSPACE, &broken_off)? as u64;
        // An attempt that is still open from a kill before was cut off there.
        let fresh: BTreeSet<Attempt> = cut.difference(&self.cut_off).cloned().collect();
        let seen: BTreeSet<Attempt> = self.seen().into_iter().collect();
        let begun = fresh.intersection(&seen).count() as u64;
        let tally = &mut self.tally;
        let in_recovery = self.last_cut as u64 > at_kill.attempts - before.attempts;
        tally.kills += 1;
        tally.kills_in_recovery += u64::from(in_recovery);
        tally.kills_with_attempts_in_flight += u64::from(begun > 0);
        tally.kills_with_submissions_under_way += u64::from(!broken_off.is_empty());
        tally.submissions_durable_unanswered += durable;
        tally.submissions_lost_unanswered += broken_off.len() as u64 - durable;
        self.last_cut = cut.len();
        self.cut_off.extend(cut);
        Ok(())
    }

    /// Waits until every task has been acknowledged and has ended.
    async fn end(&mut self, life: &mut Life) -> anyhow::Result<()> {
        let submitted = self.callers.submitted();
        self.wait(life, |counts| counts.acks == submitted).await?;
        for task in self.acknowledged() {
            tokio::select! {
                over = ended(&self.client, task) => over?,
                died = life.died() => return Err(died),
            }
        }
        Ok(())
    }
}

/// Reads a task's live log until the event that ends it.
async fn ended(client: &Client, task: TaskId) -> anyhow::Result<()> {
    let mut live = client.live(task, 0).await?;
    loop {
        let message =
            live.next().await?.with_context(|| format!("the log of {task} stops before its end"))?;
        if let Live::Event(event) = message
            && matches!(event.kind.as_str(), "completed" | "failed" | "cancelled")
        {
            return Ok(());
        }
    }
}
