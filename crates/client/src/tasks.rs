//! Every call of the contract.

use std::sync::Arc;

use divisi_api::{
    AgentView, ApprovalView, Budget, Cancelled, CreateTask, Created, Decide, Decided, EventPage, Health,
    PlanView, Resumed, Revise, Revised, TaskAgents, TaskList, TaskResult, TaskView, UsageView,
};
use divisi_domain::id::TaskId;
use hyper::Method;

use crate::connect::Connect;
use crate::error::ClientError;
use crate::request::{Call, bytes, json, send};
use crate::stream::LiveStream;

/// A client. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<dyn Connect>);

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

type Answered<T> = Result<T, ClientError>;

impl Client {
    /// A client over these connections.
    pub fn new(connect: Arc<dyn Connect>) -> Self {
        Self(connect)
    }

    /// Submits a task. With the same key a second time, the first answer.
    pub async fn create(&self, task: &CreateTask, key: Option<&str>) -> Answered<Created> {
        json(self.0.as_ref(), Call::post("/tasks", task)?.keyed(key)).await
    }

    /// A page of tasks; `query` as in `status=failed&limit=50`.
    pub async fn list(&self, query: &str) -> Answered<TaskList> {
        json(self.0.as_ref(), Call::get(format!("/tasks?{query}"))).await
    }

    /// One task.
    pub async fn show(&self, task: TaskId) -> Answered<TaskView> {
        json(self.0.as_ref(), Call::get(format!("/tasks/{task}"))).await
    }

    /// Its result.
    pub async fn result(&self, task: TaskId) -> Answered<TaskResult> {
        json(self.0.as_ref(), Call::get(format!("/tasks/{task}/result"))).await
    }

    /// Its result as Markdown.
    pub async fn result_markdown(&self, task: TaskId) -> Answered<String> {
        let call = Call::get(format!("/tasks/{task}/result")).accept("text/markdown");
        let body = bytes(send(self.0.as_ref(), call).await?).await?;
        String::from_utf8(body.to_vec()).map_err(|error| ClientError::Shape(error.to_string()))
    }

    /// Its plan.
    pub async fn plan(&self, task: TaskId) -> Answered<PlanView> {
        json(self.0.as_ref(), Call::get(format!("/tasks/{task}/plan"))).await
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
        json(self.0.as_ref(), Call::post(format!("/tasks/{task}/revise"), revise)?).await
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
        json(self.0.as_ref(), Call { method: Method::DELETE, ..Call::get(format!("/tasks/{task}")) }).await
    }

    /// Everything that waits for a person.
    pub async fn approvals(&self) -> Answered<Vec<ApprovalView>> {
        json(self.0.as_ref(), Call::get("/approvals")).await
    }

    /// Answers a question.
    pub async fn decide(&self, approval: &str, decide: &Decide) -> Answered<Decided> {
        json(self.0.as_ref(), Call::post(format!("/approvals/{approval}"), decide)?).await
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
