use axum::Json;
use axum::extract::State;
use divisi_api::{FieldErrors, Rate, Rated};
use divisi_domain::task::Input;

use crate::api::Api;
use crate::extract::{Body, Key, OfTask};
use crate::problem::Failure;
use crate::validate;

/// From here on a rating alone says that the result was of use.
const USEFUL_FROM: u8 = 3;

/// Rates the result of a finished task; the last rating counts.
pub(crate) async fn rate(
    State(api): State<Api>,
    OfTask(task): OfTask,
    Key(key): Key,
    Body(rate): Body<Rate>,
) -> Result<Json<Rated>, Failure> {
    check(&rate)?;
    let handle = api.handle()?;
    let command = api.named(handle, key.as_deref(), "rate", &rate);
    let words = words(&rate);
    let side = words.map(|words| handle.side(api.key(task), &words)).transpose()?;
    let useful = rate.was_useful.unwrap_or(rate.rating >= USEFUL_FROM);
    let input = Input::Rate { stars: rate.rating, useful, comment: side.as_ref().map(|side| side.blob) };
    api.command(task, command, input, side.into_iter().collect()).await?;
    Ok(Json(Rated { task_id: task, rating: rate.rating, was_useful: useful }))
}

fn check(rate: &Rate) -> Result<(), Failure> {
    if !(1..=5).contains(&rate.rating) {
        let sentence = format!("A rating is 1 to 5; this one is {}.", rate.rating);
        return Err(Failure::fields(FieldErrors::from([("rating".to_owned(), sentence)])));
    }
    for (field, text) in [("comments", &rate.comments), ("modifications", &rate.modifications)] {
        if let Some(text) = text {
            validate::words(field, text)?;
        }
    }
    Ok(())
}

/// The person's words, with what they changed.
fn words(rate: &Rate) -> Option<String> {
    let changed = rate.modifications.as_ref().map(|text| format!("Changed: {}", text.trim()));
    let parts: Vec<String> = rate.comments.iter().map(|text| text.trim().to_owned()).chain(changed).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}
