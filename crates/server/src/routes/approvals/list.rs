use axum::Json;
use axum::extract::State;
use divisi_api::ApprovalView;
use divisi_engine::content::{ContentError, Contents};
use divisi_engine::core::{TaskKey, TermsTable};
use divisi_engine::driver::{ReadError, read_shown};
use divisi_store::{ApprovalRow, Reads};

use crate::api::Api;
use crate::extract::OfTask;
use crate::problem::Failure;
use crate::views;

/// Open questions that a list shows with what exactly is asked about; more are listed without.
const SHOWN_MAX: usize = 100;
/// Bytes of what is asked about in one list.
const SHOWN_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Everything that waits for a person, oldest first.
pub(crate) async fn list(State(api): State<Api>) -> Result<Json<Vec<ApprovalView>>, Failure> {
    let (workspace, offers) = (api.workspace(), api.offers());
    let open = api
        .read(move |reads| {
            let rows = reads.open_approvals(workspace, divisi_store::limits::LIST_ROWS_MAX)?;
            Room::default().fill(reads, &rows, &offers.terms)
        })
        .await?;
    Ok(Json(open))
}

/// Everything that a task ever asked.
pub(crate) async fn of_task(
    State(api): State<Api>,
    OfTask(task): OfTask,
) -> Result<Json<Vec<ApprovalView>>, Failure> {
    let (workspace, offers) = (api.workspace(), api.offers());
    let all = api
        .read(move |reads| {
            reads.task(workspace, task)?.ok_or_else(|| Failure::no_task(task))?;
            Room::default().fill(reads, &reads.approvals(workspace, task)?, &offers.terms)
        })
        .await?;
    Ok(Json(all))
}

/// What a list still has room for.
struct Room {
    shown: usize,
    bytes: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { shown: SHOWN_MAX, bytes: SHOWN_BYTES_MAX }
    }
}

impl Room {
    fn fill(
        mut self,
        reads: &dyn Reads,
        rows: &[ApprovalRow],
        terms: &TermsTable,
    ) -> Result<Vec<ApprovalView>, Failure> {
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let open = row.state == divisi_store::ApprovalState::Open;
            let shown = if open && self.shown > 0 { self.open(reads, row, terms)? } else { None };
            let title = || Ok::<_, Failure>(reads.task(row.workspace, row.task)?.map(|task| task.title));
            views.push(match shown {
                Some(view) => view,
                None => views::approval::row(row, title()?.unwrap_or_default()),
            });
        }
        Ok(views)
    }

    /// With what is asked about; `None` where it does not fit any more.
    fn open(
        &mut self,
        reads: &dyn Reads,
        row: &ApprovalRow,
        terms: &TermsTable,
    ) -> Result<Option<ApprovalView>, Failure> {
        let key = TaskKey::new(row.workspace, row.task);
        let loaded = match read_shown(reads, key) {
            Ok(Some(loaded)) => loaded,
            Err(ReadError::Store(error) | ReadError::Content(ContentError::Store(error)))
                if !error.is_damage() =>
            {
                return Err(error.into());
            }
            // A task that cannot be read keeps no other's question from being seen.
            Ok(None) | Err(_) => return Ok(None),
        };
        let number = u32::from(row.number);
        let approval = loaded.task.approvals.iter().find(|approval| approval.number == number);
        let Some(approval) = approval else { return Ok(None) };
        let usage = reads.usage(row.workspace, row.task)?;
        let contents = Contents::of(reads, key.stream());
        let asked = views::approval::asked(&loaded, &contents, approval, &usage, terms)?;
        let bytes = serde_json::to_vec(&asked).map_or(usize::MAX, |json| json.len());
        self.shown -= 1;
        let Some(left) = self.bytes.checked_sub(bytes) else {
            self.shown = 0;
            return Ok(None);
        };
        self.bytes = left;
        Ok(Some(views::approval::view(&loaded.task, &loaded.title, approval, Some(asked))))
    }
}
