use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use divisi_api::{Code, CreateTask, Created, Mode, Priority, TaskStatus};
use divisi_domain::approval::Mode as Asks;
use divisi_domain::money::MicroUsd;
use divisi_domain::task::{Refusal, TaskPriority};
use divisi_engine::core::Refused;
use divisi_engine::crew::{Crew, DEFAULT_CREW};
use divisi_engine::driver::{CommandError, NewTask};
use divisi_engine::view;

use crate::api::Api;
use crate::extract::{Body, Key};
use crate::problem::Failure;
use crate::{documents, validate};

/// Submits a task. The answer comes when it is durable.
pub(crate) async fn create(
    State(api): State<Api>,
    Key(key): Key,
    Body(task): Body<CreateTask>,
) -> Result<(StatusCode, Json<Created>), Failure> {
    validate::submission(&task)?;
    let handle = api.handle()?;
    let crew = crew(&api, &task)?;
    let title = validate::title(&task);
    let id = api.task_id(handle, key.as_deref());
    let description = task.description.trim().to_owned();
    let new = NewTask {
        workspace: api.workspace(),
        input: api.input_id(handle, key.as_deref()),
        id,
        title,
        description: description.clone(),
        constraints: task.context.constraints,
        domain: task.context.domain,
        documents: documents::parse(api.parser(), task.attachments).await?,
        mode: task.mode.map(asks).or(crew.policy.mode).unwrap_or_default(),
        crew,
        priority: priority(task.priority),
        cap: task.budget.map(|budget| micro_usd(budget.max_usd)),
        deadline: task.context.deadline,
        plan_only: task.plan_only,
    };
    match handle.submit(new).await {
        // The same key again: whoever lost the first answer gets it now.
        Err(CommandError::Refused(Refused::Machine(Refusal::Exists))) if key.is_some() => {}
        submitted => drop(submitted?),
    }
    let created_at = api
        .task(id, move |loaded, contents| {
            let spec = view::spec(contents, &loaded.task)?;
            let same = spec.is_none_or(|spec| spec.brief.description == description);
            let other =
                || Failure::new(Code::IdempotencyMismatch, "This key was used for another task before.");
            if same { Ok(loaded.task.created_at) } else { Err(other()) }
        })
        .await?;
    let created =
        Created { task_id: id, status: TaskStatus::Pending, created_at, estimated_completion: None };
    Ok((StatusCode::CREATED, Json(created)))
}

fn crew(api: &Api, task: &CreateTask) -> Result<Arc<Crew>, Failure> {
    if let Some(text) = &task.crew_file {
        let parsed = divisi_engine::crew::parse(text);
        return parsed.map(Arc::new).map_err(|faults| Failure::new(Code::CrewInvalid, faults.to_string()));
    }
    let name = task.crew.as_deref().unwrap_or(DEFAULT_CREW);
    api.crews().crew(name).map_err(|sentence| Failure::new(Code::CrewInvalid, sentence))
}

/// Dollars as micro-USD, rounded to the nearest. Validation has bounded them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cap is positive and at most a million dollars, which fits"
)]
pub(crate) fn micro_usd(dollars: f64) -> MicroUsd {
    MicroUsd((dollars * 1_000_000.0).round().max(1.0) as u64)
}

pub(crate) const fn asks(mode: Mode) -> Asks {
    match mode {
        Mode::FullAutonomous => Asks::FullAutonomous,
        Mode::Assisted => Asks::Assisted,
        Mode::Manual => Asks::Manual,
        Mode::Hybrid => Asks::Hybrid,
    }
}

const fn priority(priority: Priority) -> TaskPriority {
    match priority {
        Priority::Low => TaskPriority::Low,
        Priority::Medium => TaskPriority::Medium,
        Priority::High => TaskPriority::High,
        Priority::Urgent => TaskPriority::Urgent,
    }
}
