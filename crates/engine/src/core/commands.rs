//! What people say: submissions, and commands for tasks that may not be in memory.

use std::collections::{BTreeMap, VecDeque};

use divisi_domain::task::Input;

use super::Core;
use super::live::{Live, Pending};
use super::types::{Action, NewTask, Refused, Reply, TaskKey};

impl Core {
    pub(super) fn submit(&mut self, new: NewTask) {
        if self.draining {
            let reply = Reply::Refused(Refused::Draining);
            self.actions.push(Action::Reply { to: new.reply, reply });
            return;
        }
        #[cfg(feature = "planted")]
        let new = self.spoilt_submission(new);
        let input = Input::Submit(Box::new(new.submission.clone()));
        let pending = Pending { id: new.id, input, sides: new.sides, reply: Some(new.reply) };
        if let Some(live) = self.live.get_mut(&new.key) {
            live.inbox.push_back(pending);
        } else {
            let arrival = self.next_arrival;
            self.next_arrival += 1;
            let held = self.back(new.key);
            let crew = self.shared_crew(new.submission.crew_digest, new.crew);
            let live = Live {
                task: None,
                crew,
                title: new.title,
                subtask_titles: BTreeMap::new(),
                inbox: VecDeque::from([pending]),
                committing: None,
                wake_at: None,
                held,
                stalled: None,
                plan_titles: Vec::new(),
                snapshot_seq: 0,
                priority: new.submission.priority as u8,
                arrival,
            };
            self.live.insert(new.key, live);
            self.register_anew(new.key);
        }
        self.pump(new.key);
    }

    pub(super) fn command(&mut self, key: TaskKey, pending: Pending) {
        if let Some(live) = self.live.get_mut(&key) {
            live.inbox.push_back(pending);
            self.pump(key);
            return;
        }
        self.fetch(key, Some(pending));
    }
}
