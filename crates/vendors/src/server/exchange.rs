//! One request for an answer, from its arrival to the last entry in the ledger.

use std::future::pending;
use std::time::Duration;

use serde_json::Value;

use super::Shared;
use super::connection::{Connection, Gone};
use super::http::{Framing, HttpRequest, LAST_CHUNK, chunk, head};
use super::routes::Next;
use super::steps::{Step, whole};
use super::telling::{Bill, Delivery, deliver};
use crate::answer::Usage;
use crate::ask::Ask;
use crate::fault::{Fault, Made, Place, Wait};
use crate::ledger::{Ended, Entry, fingerprint};
use crate::limiter::Standing;
use crate::time::{http_date, now_ms};
use crate::wire::{BadRequest, Part, Refused, Trouble, Vendor, standing_headers};
use crate::{Behaviour, brain};

/// Answers a request, and writes down what became of it.
pub(super) async fn exchange(
    connection: &mut Connection,
    shared: &Shared,
    request: &HttpRequest,
    vendor: Vendor,
) -> Result<Next, Gone> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let behaviour = shared.settings();
    let ask = vendor.read(request.path(), &body, behaviour.local);
    let model = match &ask {
        Ok(ask) => ask.model.clone(),
        Err(_) => body["model"].as_str().unwrap_or_default().to_owned(),
    };
    let number = shared.ledger.open(entry(&behaviour, request, vendor, &model, body, &ask));
    let made = Made { number, vendor, model: &model, streamed: ask.as_ref().is_ok_and(|ask| ask.stream) };
    let hits = behaviour.faults.iter().filter(|rule| rule.hits(made, behaviour.seed));
    let faults: Vec<Fault> = hits.map(|rule| rule.fault.clone()).collect();
    shared.ledger.change(number, |entry| entry.faults.clone_from(&faults));

    let mut call = Call { connection, shared, number, delivered: Delivered::default() };
    let delivered = call.deliver(&behaviour, request, vendor, ask, &model, &faults).await;
    let ended = match delivered {
        Ok(Next::Stays) => Ended::Whole,
        Ok(Next::Ends(_)) => Ended::Cut,
        Err(Gone) => Ended::ClientClosed,
    };
    shared.ledger.end(number, ended);
    delivered
}

fn entry(
    behaviour: &Behaviour,
    request: &HttpRequest,
    vendor: Vendor,
    model: &str,
    body: Value,
    ask: &Result<Ask, BadRequest>,
) -> Entry {
    Entry {
        number: 0,
        vendor,
        model: model.to_owned(),
        key: key(request, vendor).map(|key| fingerprint(&key)),
        headers: request.headers.iter().map(|(name, value)| (name.clone(), fingerprint(value))).collect(),
        path: request.path().to_owned(),
        streamed: ask.as_ref().is_ok_and(|ask| ask.stream),
        body,
        at_ms: now_ms(behaviour),
        faults: Vec::new(),
        status: None,
        refused: None,
        charged: Usage::default(),
        reported: None,
        body_bytes: 0,
        ended: None,
    }
}

/// The key that came with a request.
fn key(request: &HttpRequest, vendor: Vendor) -> Option<String> {
    let bearer = || request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let own = match vendor {
        Vendor::Chat | Vendor::Responses => None,
        Vendor::Messages => request.header("x-api-key"),
        Vendor::Gemini => request.header("x-goog-api-key").or_else(|| request.query("key")),
    };
    own.or_else(bearer).map(str::to_owned)
}

/// What went out so far.
#[derive(Debug, Default)]
struct Delivered {
    said: u64,
    usage_told: bool,
}

struct Call<'a> {
    connection: &'a mut Connection,
    shared: &'a Shared,
    number: u64,
    delivered: Delivered,
}

impl Call<'_> {
    async fn deliver(
        &mut self,
        behaviour: &Behaviour,
        request: &HttpRequest,
        vendor: Vendor,
        ask: Result<Ask, BadRequest>,
        model: &str,
        faults: &[Fault],
    ) -> Result<Next, Gone> {
        self.before_head(behaviour, faults).await?;
        let mute = behaviour.mute_overflow && ask.as_ref().is_ok_and(|ask| ask.stream);
        let admitted = self.admit(behaviour, request, vendor, ask.clone(), faults);
        let (admitted, faults) = match (admitted, ask) {
            (Err(Trouble::TooLong(..)), Ok(ask)) if mute => {
                (Ok((ask, Standing::default())), &[Fault::EmptyBody][..])
            }
            (admitted, _) => (admitted, faults),
        };
        let now = now_ms(&self.shared.behaviour.lock());
        match admitted {
            Err(trouble) => {
                let refused = vendor.refuse(&trouble, model, now);
                self.shared.ledger.change(self.number, |entry| entry.refused = Some(refused.note.clone()));
                self.send(refusal(refused, faults), now).await
            }
            Ok((ask, standing)) => {
                let answer = self.shared.behaviour.lock().answers.pop_front();
                let answer = answer.unwrap_or_else(|| brain::answer(&ask, behaviour));
                let mut delivery = deliver(vendor, self.number, now, &ask, answer, behaviour, faults);
                delivery.headers.extend(standing_headers(vendor, standing, now));
                self.send(delivery, now).await
            }
        }
    }

    async fn before_head(&mut self, behaviour: &Behaviour, faults: &[Fault]) -> Result<(), Gone> {
        for fault in faults {
            match fault {
                Fault::Delay { at: Place::Headers, wait } => self.wait(*wait).await?,
                Fault::Stall { at: Place::Headers } => self.connection.unless_gone(pending::<()>()).await?,
                _ => {}
            }
        }
        match behaviour.latency {
            Some(wait) => self.wait(wait).await,
            None => Ok(()),
        }
    }

    async fn wait(&mut self, wait: Wait) -> Result<(), Gone> {
        match wait {
            Wait::Millis(ms) => {
                let passing = tokio::time::timeout(Duration::from_millis(ms), pending::<()>());
                self.connection.unless_gone(passing).await.map(drop)
            }
            Wait::Signal => {
                let permit = self.connection.unless_gone(self.shared.gate.acquire()).await?;
                // The gate is never closed.
                if let Ok(permit) = permit {
                    permit.forget();
                }
                Ok(())
            }
        }
    }

    /// Whether there is an answer, as a vendor would find out.
    fn admit(
        &self,
        behaviour: &Behaviour,
        request: &HttpRequest,
        vendor: Vendor,
        ask: Result<Ask, BadRequest>,
        faults: &[Fault],
    ) -> Result<(Ask, Standing), Trouble> {
        if let Some(refusal) = faults.iter().find_map(|fault| match fault {
            Fault::Refuse { with } => Some(*with),
            _ => None,
        }) {
            return Err(Trouble::Planned(refusal));
        }
        let key = key(request, vendor);
        if !behaviour.keys.is_empty() && !key.as_ref().is_some_and(|key| behaviour.keys.contains(key)) {
            return Err(Trouble::Planned(crate::Refusal::Unauthorized));
        }
        if vendor == Vendor::Messages && request.header("anthropic-version").is_none() {
            return Err(Trouble::Bad(BadRequest::new("anthropic-version: header is required")));
        }
        let ask = ask.map_err(Trouble::Bad)?;
        if !behaviour.models.is_empty() && !behaviour.models.contains(&ask.model) {
            return Err(Trouble::Planned(crate::Refusal::UnknownModel));
        }
        if faults.contains(&Fault::StreamError) && !ask.stream {
            return Err(Trouble::Planned(crate::Refusal::Overloaded));
        }
        let tokens = ask.input_tokens();
        if let Some(allowed) = behaviour.context_tokens.filter(|allowed| tokens > *allowed) {
            return Err(Trouble::TooLong(tokens, allowed));
        }
        let now = now_ms(&self.shared.behaviour.lock());
        let admitted = self.shared.limiter.lock().admit(behaviour, key.as_deref(), now, tokens);
        admitted.map(|standing| (ask, standing)).map_err(Trouble::Limited)
    }

    async fn send(&mut self, delivery: Delivery, now: u64) -> Result<Next, Gone> {
        let Delivery { status, content_type, mut headers, steps, chunked, body_bytes, bill } = delivery;
        headers.push(("content-type".to_owned(), content_type.to_owned()));
        headers.push(("date".to_owned(), http_date(now)));
        let framing = if chunked { Framing::Chunked } else { Framing::Length(body_bytes) };
        self.shared.ledger.change(self.number, |entry| entry.status = Some(status));
        self.connection.send(&head(status, &headers, framing)).await?;
        // Who asked is charged for the input from here on.
        self.charge(&bill);
        for step in steps {
            match step {
                Step::Send(bytes, part) => self.send_piece(&bytes, part, chunked, &bill).await?,
                Step::Wait(wait) => self.wait(wait).await?,
                Step::Stall => self.connection.unless_gone(pending::<()>()).await?,
                Step::End(how) => return Ok(Next::Ends(how)),
            }
        }
        if chunked {
            self.connection.send(LAST_CHUNK).await?;
        }
        Ok(Next::Stays)
    }

    async fn send_piece(
        &mut self,
        bytes: &[u8],
        part: Option<Part>,
        chunked: bool,
        bill: &Bill,
    ) -> Result<(), Gone> {
        if chunked {
            self.connection.send(&chunk(bytes)).await?;
        } else {
            self.connection.send(bytes).await?;
        }
        match part {
            Some(Part::Said) => self.delivered.said += 1,
            Some(Part::Usage) => self.delivered.usage_told = true,
            Some(Part::Frame) | None => {}
        }
        self.shared.ledger.change(self.number, |entry| entry.body_bytes += bytes.len());
        if part.is_some_and(|part| part != Part::Frame) {
            self.charge(bill);
        }
        Ok(())
    }

    /// Charges what was delivered so far.
    fn charge(&self, bill: &Bill) {
        let charged = bill.so_far(self.delivered.said, self.delivered.usage_told);
        let reported = bill.told.filter(|_| self.delivered.usage_told);
        self.shared.ledger.change(self.number, |entry| {
            entry.charged = charged;
            entry.reported = reported;
        });
    }
}

/// An error as it goes out. It costs nothing.
fn refusal(refused: Refused, faults: &[Fault]) -> Delivery {
    let Refused { status, content_type, headers, body, .. } = refused;
    let (body_bytes, steps) = (body.len(), whole(body.into_bytes(), faults));
    Delivery { status, content_type, headers, steps, chunked: false, body_bytes, bill: Bill::default() }
}
