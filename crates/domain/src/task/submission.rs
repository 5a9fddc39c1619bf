use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::approval::Mode;
use crate::automation::Rules;
use crate::blob::{BlobRef, Digest};
use crate::id::WorkspaceId;
use crate::limits::{Limits, ROUTE_TARGETS_MAX};
use crate::model_step::Purpose;
use crate::money::MicroUsd;
use crate::name::Name;
use crate::time::Timestamp;

/// How urgent a task is among the tasks of the process.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum TaskPriority {
    /// After the others.
    #[n(0)]
    Low,
    /// The usual.
    #[default]
    #[n(1)]
    Medium,
    /// Before the others.
    #[n(2)]
    High,
    /// Before all others.
    #[n(3)]
    Urgent,
}

/// What happens when a call does not fit under the cap and no reservation is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum OnBudget {
    /// The task waits until someone raises the cap.
    #[n(0)]
    Wait,
    /// The task finishes with what it has.
    #[default]
    #[n(1)]
    Finish,
}

/// Settings of the crew that the machine obeys, pinned when the task is submitted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Policy {
    /// Limits of the workflow.
    #[n(0)]
    pub limits: Limits,
    /// How many targets the route of each purpose has, in the order of [`Purpose::ALL`].
    #[n(1)]
    pub route_targets: Vec<u8>,
    /// What happens when the cap is reached.
    #[n(2)]
    pub on_budget: OnBudget,
    /// Rules of the mode `hybrid`.
    #[n(3)]
    pub rules: Rules,
    /// How many targets the own route of an agent type has, for the turns of its agents.
    #[n(4)]
    #[cbor(default, skip_if = "BTreeMap::is_empty")]
    pub agent_targets: BTreeMap<Name, u8>,
}

impl Policy {
    /// How many targets of the route of `purpose` one call may try: at least one, at most
    /// [`ROUTE_TARGETS_MAX`].
    pub fn targets(&self, purpose: Purpose) -> u8 {
        let place = Purpose::ALL.iter().position(|known| *known == purpose).unwrap_or(0);
        Self::bounded(self.route_targets.get(place).copied())
    }

    /// [`Self::targets`] of a turn of an agent of this type, which may have a route of its own.
    pub fn targets_of(&self, agent_type: &Name) -> u8 {
        let own = self.agent_targets.get(agent_type).copied();
        own.map_or_else(|| self.targets(Purpose::Work), |own| Self::bounded(Some(own)))
    }

    /// The most of [`Self::targets_of`].
    pub fn targets_of_anyone(&self) -> u8 {
        let own = self.agent_targets.values().map(|own| Self::bounded(Some(*own)));
        own.fold(self.targets(Purpose::Work), u8::max)
    }

    fn bounded(targets: Option<u8>) -> u8 {
        targets.unwrap_or(1).clamp(1, u8::try_from(ROUTE_TARGETS_MAX).unwrap_or(u8::MAX))
    }
}

/// Everything that is fixed when a task is submitted. Its texts lie in `spec`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Submission {
    /// Whose task it is.
    #[n(0)]
    pub workspace: WorkspaceId,
    /// Title, description, constraints and attachments.
    #[n(1)]
    pub spec: BlobRef,
    /// Name of the crew.
    #[n(2)]
    pub crew: Name,
    /// The crew file itself, as it was.
    #[n(3)]
    pub crew_content: BlobRef,
    /// Hash of the crew file.
    #[n(4)]
    pub crew_digest: Digest,
    /// What is asked of people.
    #[n(5)]
    pub mode: Mode,
    /// How urgent it is.
    #[n(6)]
    pub priority: TaskPriority,
    /// Spending cap of the whole tree.
    #[n(7)]
    pub cap: Option<MicroUsd>,
    /// Wall time after which the user does not want it any more.
    #[n(8)]
    pub deadline: Option<Timestamp>,
    /// Settings of the crew.
    #[n(9)]
    pub policy: Policy,
    /// Stop for an approval of the plan whatever the mode says (`--plan-only`).
    #[n(10)]
    pub plan_only: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_type_with_a_route_of_its_own_has_its_own_count_of_targets() {
        let reader = Name::from_static("reader");
        let route_targets = vec![1, 1, 1, 2, 1, 1, 1, 1];
        let plain = Policy { route_targets, ..Policy::default() };
        let rows = [(None, 2), (Some(1), 1), (Some(3), 3), (Some(0), 1), (Some(9), 3)];
        for (own, targets) in rows {
            let agent_targets = own.map(|own| (reader.clone(), own)).into_iter().collect();
            let policy = Policy { agent_targets, ..plain.clone() };
            assert_eq!(policy.targets_of(&reader), targets, "{own:?}");
            assert_eq!(policy.targets_of(&Name::from_static("writer")), 2);
            let bytes = minicbor::to_vec(&policy).unwrap();
            assert_eq!(minicbor::decode::<Policy>(&bytes).unwrap(), policy);
        }
        // What was written before agent types had routes is read, and written the same.
        let before = minicbor::to_vec(&plain).unwrap();
        assert_eq!(minicbor::decode::<Policy>(&before).unwrap(), plain);
        assert_eq!(before[0], 0x84, "four fields");
    }
}
