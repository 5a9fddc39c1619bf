use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use divisi_api::{Code, CreateTask, Created, Mode, Priority, Route, TaskStatus};
use divisi_domain::approval::Mode as Asks;
use divisi_domain::blob::Digest;
use divisi_domain::id::TaskId;
use divisi_domain::money::MicroUsd;
use divisi_domain::task::{Refusal, TaskPriority};
use divisi_engine::content::{Contents, or_told};
use divisi_engine::core::Refused;
use divisi_engine::crew::{Asked, Crew, DEFAULT_CREW, RoutePriority};
use divisi_engine::driver::{CommandError, NewTask, read_state};
use divisi_engine::view;

use crate::api::Api;
use crate::deadline::{deadline, still_to_come};
use crate::extract::{Body, Key};
use crate::models::unknown_models;
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
    let id = api.task_id(handle, key.as_deref());
    let (task, request) = digested(task).await?;
    if key.is_some()
        && let Some(created) = first(&api, id, request).await?
    {
        return Ok((StatusCode::CREATED, Json(created)));
    }
    let deadline = deadline(&task.context, handle.now(), api.wall())?;
    let crew = crew(&api, &task).await?;
    let title = validate::title(&task);
    let documents = documents::parse(api.parser(), task.attachments).await?;
    still_to_come(deadline, handle.now())?;
    let new = NewTask {
        workspace: api.workspace(),
        input: api.input_id(handle, key.as_deref()),
        id,
        title,
        description: task.description.trim().to_owned(),
        constraints: task.context.constraints,
        domain: task.context.domain,
        documents,
        mode: task.mode.map(asks).or(crew.policy.mode).unwrap_or_default(),
        crew,
        priority: priority(task.priority),
        cap: task.budget.map(|budget| micro_usd(budget.max_usd)),
        deadline,
        plan_only: task.plan_only,
        request: Some(request),
    };
    match handle.submit(new).await {
        // The same key again: whoever lost the first answer gets it now.
        Err(CommandError::Refused(Refused::Machine(Refusal::Exists))) if key.is_some() => {}
        submitted => drop(submitted?),
    }
    let created = first(&api, id, request).await?.ok_or_else(|| Failure::no_task(id))?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// The request with its digest: of every field and every byte of the attachments.
async fn digested(task: CreateTask) -> Result<(CreateTask, Digest), Failure> {
    let digest = move || {
        let mut hash = blake3::Hasher::new();
        let written = serde_json::to_writer(&mut hash, &task);
        written.map(|()| (task, Digest(*hash.finalize().as_bytes())))
    };
    let digested = tokio::task::spawn_blocking(digest).await;
    let digested = digested.map_err(|_| Failure::internal("reading the request panicked"))?;
    digested.map_err(|error| Failure::internal(&error.to_string()))
}

/// The answer to the submission that made this task; `None` while there is none. Another request with its key is refused.
async fn first(api: &Api, id: TaskId, request: Digest) -> Result<Option<Created>, Failure> {
    let key = api.key(id);
    api.read(move |reads| {
        let state = read_state(reads, key).map_err(|error| Failure::internal(&error.to_string()))?;
        let Some((task, _)) = state else { return Ok(None) };
        let spec = or_told(view::spec(&Contents::of(reads, key.stream()), &task), &mut Vec::new())?;
        let known = spec.flatten().and_then(|spec| spec.request);
        if known.is_some_and(|known| known != request.to_string()) {
            let sentence = "This key was used for another request before. Take a fresh one for a new task.";
            return Err(Failure::new(Code::IdempotencyMismatch, sentence));
        }
        Ok(Some(Created {
            task_id: id,
            status: TaskStatus::Pending,
            created_at: task.created_at,
            estimated_completion: None,
        }))
    })
    .await
}

/// The crew that was asked for, with its models. Its prompts are tried, which takes time: nobody waits for that.
async fn crew(api: &Api, task: &CreateTask) -> Result<Arc<Crew>, Failure> {
    let (api, named, text, asked) = (api.clone(), task.crew.clone(), task.crew_file.clone(), asked(task));
    let found = tokio::task::spawn_blocking(move || {
        let crew = match text {
            Some(text) => {
                divisi_engine::crew::parse(&text).map(Arc::new).map_err(|faults| faults.to_string())
            }
            None => api.crews().crew(named.as_deref().unwrap_or(DEFAULT_CREW)),
        };
        with_models(&api, crew?, &asked)
    });
    let found = found.await.map_err(|_| Failure::internal("reading the crew panicked"))?;
    found.map_err(|sentence| Failure::new(Code::CrewInvalid, sentence))
}

fn with_models(api: &Api, crew: Arc<Crew>, asked: &Asked) -> Result<Arc<Crew>, String> {
    let offers = api.offers();
    let chosen = offers.routing.choose(asked)?;
    let crew = offers.routing.apply(crew, &chosen);
    if let Some(sentence) = unknown_models(&crew, &offers.terms) {
        let fix = "Correct the routes of the crew, or configure what they name: `divisi doctor` tells.";
        return Err(format!("{sentence} {fix}"));
    }
    match offers.routing.lack_of(&crew, &chosen) {
        Some(lack) => Err(lack),
        None => Ok(crew),
    }
}

fn asked(task: &CreateTask) -> Asked {
    let priority = task.route.map(|route| match route {
        Route::Best => RoutePriority::Best,
        Route::Cheap => RoutePriority::Cheap,
        Route::Local => RoutePriority::Local,
    });
    Asked { model: task.model.clone(), provider: task.provider.clone(), priority }
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
