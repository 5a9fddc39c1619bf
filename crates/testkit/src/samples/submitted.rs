use std::collections::BTreeMap;

use divisi_domain::approval::Mode;
use divisi_domain::automation::{Action, Condition, Decimal, FieldKinds, Operator, Rule, Rules, Value};
use divisi_domain::id::WorkspaceId;
use divisi_domain::limits::Limits;
use divisi_domain::money::MicroUsd;
use divisi_domain::name::Name;
use divisi_domain::task::{Event, OnBudget, Policy, RULES, Submission, TaskPriority};

use super::{AT, DIGEST, TEXT};

pub(super) fn events() -> Vec<Event> {
    let plain = Submission {
        workspace: WorkspaceId::from_bytes([7; 16]),
        spec: TEXT,
        crew: Name::from_static("research"),
        crew_content: TEXT,
        crew_digest: DIGEST,
        mode: Mode::FullAutonomous,
        priority: TaskPriority::Medium,
        cap: None,
        deadline: None,
        policy: Policy::default(),
        plan_only: false,
    };
    let full = Submission {
        mode: Mode::Hybrid,
        priority: TaskPriority::Urgent,
        cap: Some(MicroUsd(250_000)),
        deadline: Some(AT),
        policy: Policy {
            limits: Limits { agent_turns_max: 7, ..Limits::default() },
            route_targets: vec![1, 2, 3, 1, 1, 1, 2, 1],
            on_budget: OnBudget::Wait,
            rules: rules(),
            agent_targets: BTreeMap::new(),
        },
        plan_only: true,
        ..plain.clone()
    };
    let submitted = |submission| Event::Submitted { rules: RULES, submission: Box::new(submission) };
    [plain, full].map(submitted).into()
}

fn rules() -> Rules {
    let rule = |name, field, operator, value, then| Rule {
        name: Name::from_static(name),
        when: Condition { field: Name::from_static(field), operator, value },
        then,
        priority: -3,
        active: true,
    };
    let cheap = Value::Number(Decimal::from_micros(500_000));
    let plan = Value::Text(Name::from_static("plan"));
    let rules = vec![
        rule("cheap", "cost_usd", Operator::LessThan, cheap, Action::AutoPublish),
        rule("plans", "subject", Operator::Equals, plan, Action::RequireApproval),
    ];
    Rules::save(rules, &FieldKinds::standard()).unwrap_or_default()
}
