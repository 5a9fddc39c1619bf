//! Every call of the contract.

use std::sync::Arc;

use divisi_api::{
    AgentView, ApprovalView, Budget, Cancelled, CreateTask, Created, Decide, Decided, Erased, EventPage,
    Health, PlanEdit, PlanView, Rate, Rated, Removed, Resolve, Resumed, Revise, Revised, TaskAgents,
    TaskList, TaskResult, TaskView, UsageView,
};
use divisi_domain::id::TaskId;
use hyper::Method;

use crate::connect::Connect;
use crate::error::ClientError;
use crate::request::{CREATE_TIME_MAX, Call, bytes, json, send};
use crate::stream::LiveStream;

/// A client. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<dyn Connect>, Option<Arc<str>>);

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

type Answered<T> = Result<T, ClientError>;

impl Client {
    /// A client over these connections.
    pub fn new(connect: Arc<dyn Connect>) -> Self {
        Self(connect, None)
    }

    /// The same client, for one command: with this key it is carried out once, however often it is sent.
    #[must_use]
    pub fn keyed(&self, key: &str) -> Self {
        Self(Arc::clone(&self.0), Some(key.into()))
    }

    /// Submits a task. With the same key a second time, the first answer.
    pub async fn create(&self, task: &CreateTask, key: Option<&str>) -> Answered<Created> {
        json(self.0.as_ref(), Call::post("/tasks", task)?.keyed(key).within(CREATE_TIME_MAX)).await
    }

    /// A page of tasks; `query` as in `status=failed&limit=50`.
    pub async fn list(&self, query: &str) -> Answered<TaskList> {
        json(self.0.as_ref(), Call::get(format!("/tasks?{query}"))).await
    }

    /// One task.
    pub async fn show(&self, task: TaskId) -> Answered<TaskView> {
        json(self.0.as_ref(), Call::get(format!("/tasks/{task}"))).await
    }

    /// Its result: of this pass, else of the last one.
    pub async fn result(&self, task: TaskId, pass: Option<u16>) -> Answered<TaskResult> {
        json(self.0.as_ref(), Call::get(result_path(task, pass))).await
    }

    /// Its result as Markdown: of this pass, else of the last one.
    pub async fn result_markdown(&self, task: TaskId, pass: Option<u16>) -> Answered<String> {
        let call = Call::get(result_path(task, pass)).accept("text/markdown");
        let body = bytes(send(self.0.as_ref(), call).await?).await?;
        String::from_utf8(body.to_vec()).map_err(|error| ClientError::Shape(error.to_string()))
    }

    /// Its plan.
    pub async fn plan(&self, task: TaskId) -> Answered<PlanView> {
        json(self.0.as_ref(), Call::get(format!("/tasks/{task}/plan"))).await
    }

    /// Replaces its plan while that waits for approval.
    pub async fn edit_plan(&self, task: TaskId, plan: &PlanEdit) -> Answered<PlanView> {
        let call = Call::post(format!("/tasks/{task}/plan"), plan)?;
        json(self.0.as_ref(), Call { method: Method::PUT, ..call }).await
    }

    /// A page of its log.
    pub async fn events(&self, task: TaskId, after: u64) -> Answered<EventPage> {
        json(self.0.as_ref(), Call::get(format!("/tasks/{task}/events?after={after}"))).await
    }

    /// Its log from `after` on, then what happens.
    pub async fn live(&self, task: TaskId, after: u64) -> Answered<LiveStream> {
        let call = Call::get(format!("/tasks/{task}/events?after={after}")).accept("text/event-stream");
        Ok(LiveStream::new(send(self.0.as_ref(), call).await?))
    }

    /// What it used.
    pub async fn usage(&self, task: TaskId) -> Answered<UsageView> {
        json(self.0.as_ref(), Call::get(format!("/tasks/{task}/usage"))).await
    }

    /// Who worked on it.
    pub async fn task_agents(&self, task: TaskId) -> Answered<TaskAgents> {
        json(self.0.as_ref(), Call::get(format!("/tasks/{task}/agents"))).await
    }

    /// What it asked.
    pub async fn task_approvals(&self, task: TaskId) -> Answered<Vec<ApprovalView>> {
        json(self.0.as_ref(), Call::get(format!("/tasks/{task}/approvals"))).await
    }

    /// Asks for a change of a completed task.
    pub async fn revise(&self, task: TaskId, revise: &Revise) -> Answered<Revised> {
        let call = Call::post(format!("/tasks/{task}/revise"), revise)?.keyed(self.1.as_deref());
        json(self.0.as_ref(), call).await
    }

    /// Goes on with a parked or failed task.
    pub async fn resume(&self, task: TaskId) -> Answered<Resumed> {
        json(self.0.as_ref(), Call { method: Method::POST, ..Call::get(format!("/tasks/{task}/resume")) })
            .await
    }

    /// Stops a task until it is resumed.
    pub async fn park(&self, task: TaskId) -> Answered<Resumed> {
        json(self.0.as_ref(), Call { method: Method::POST, ..Call::get(format!("/tasks/{task}/park")) }).await
    }

    /// Changes its spending cap.
    pub async fn budget(&self, task: TaskId, budget: Budget) -> Answered<Resumed> {
        json(self.0.as_ref(), Call::post(format!("/tasks/{task}/budget"), &budget)?).await
    }

    /// Cancels a task for ever.
    pub async fn cancel(&self, task: TaskId) -> Answered<Cancelled> {
        let call = Call::get(format!("/tasks/{task}")).keyed(self.1.as_deref());
        json(self.0.as_ref(), Call { method: Method::DELETE, ..call }).await
    }

    /// Erases what a finished task says; its events and numbers stay.
    pub async fn erase(&self, task: TaskId) -> Answered<Erased> {
        let call = Call::get(format!("/tasks/{task}?erase=true"));
        json(self.0.as_ref(), Call { method: Method::DELETE, ..call }).await
    }

    /// Deletes a finished task with all it holds.
    pub async fn remove(&self, task: TaskId) -> Answered<Removed> {
        let call = Call::get(format!("/tasks/{task}?remove=true"));
        json(self.0.as_ref(), Call { method: Method::DELETE, ..call }).await
    }

    /// Rates the result of a finished task.
    pub async fn rate(&self, task: TaskId, rate: &Rate) -> Answered<Rated> {
        json(self.0.as_ref(), Call::post(format!("/tasks/{task}/rating"), rate)?).await
    }

    /// Everything that waits for a person.
    pub async fn approvals(&self) -> Answered<Vec<ApprovalView>> {
        json(self.0.as_ref(), Call::get("/approvals")).await
    }

    /// One question, with exactly what is asked about.
    pub async fn approval(&self, approval: &str) -> Answered<ApprovalView> {
        json(self.0.as_ref(), Call::get(format!("/approvals/{approval}"))).await
    }

    /// Says what became of a tool call that was interrupted.
    pub async fn settle(&self, task: TaskId, resolve: &Resolve) -> Answered<Resumed> {
        let call = Call::post(format!("/tasks/{task}/resolve"), resolve)?.keyed(self.1.as_deref());
        json(self.0.as_ref(), call).await
    }

    /// Answers a question.
    pub async fn decide(&self, approval: &str, decide: &Decide) -> Answered<Decided> {
        let call = Call::post(format!("/approvals/{approval}"), decide)?.keyed(self.1.as_deref());
        json(self.0.as_ref(), call).await
    }

    /// All agents.
    pub async fn agents(&self) -> Answered<Vec<AgentView>> {
        json(self.0.as_ref(), Call::get("/agents/status")).await
    }

    /// Whether the other side is well.
    pub async fn health(&self) -> Answered<Health> {
        json(self.0.as_ref(), Call::get("/health")).await
    }
}

fn result_path(task: TaskId, pass: Option<u16>) -> String {
    let pass = pass.map(|pass| format!("?pass={pass}")).unwrap_or_default();
    format!("/tasks/{task}/result{pass}")
}
