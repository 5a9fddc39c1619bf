//! The real network.

mod settings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use http_body_util::Full;
use reqwest::header::HeaderValue;
use reqwest::{Client, ClientBuilder, Url, redirect, retry};
use secrecy::ExposeSecret;

pub use self::settings::{NetError, NetSettings, Proxies};
use super::place::{host_port, is_loopback, shown};
use super::{HeaderText, HttpRequest, HttpResponse, Method, Transport, TransportError};

/// How long a connection that nobody uses is kept.
const POOL_IDLE: Duration = Duration::from_mins(1);
/// How often a connection that says nothing is asked whether it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Different connect deadlines that get a pool of their own; more share the last one.
const POOLS_MAX: usize = 8;

/// Addresses that are remembered; beyond that all are forgotten, and parsed again.
const PLACES_MAX: usize = 256;
/// The most servers of which it is remembered that they close without a word.
const CLOSING_HOSTS_MAX: usize = 64;
/// Servers that promise to keep a connection, and close it after each stream: the next request would meet its end.
const CLOSES_AFTER_STREAMS: [&str; 1] = ["llama.cpp"];

/// How a request gets out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Without TLS and without a proxy: needs no certificates to be found.
    Plain,
    /// The same, with a connection of its own.
    PlainOnce,
    /// With TLS, straight.
    Tls,
    /// Through the proxy, except for what its list leaves out.
    Proxied,
}

/// Sends requests over TCP: TLS by rustls, HTTP/2 where offered, connections kept. Follows no redirect, repeats nothing,
/// reads no environment; this machine itself is never reached through a proxy.
pub struct Net {
    settings: NetSettings,
    clients: Mutex<BTreeMap<(Way, Duration), Client>>,
    closing: Mutex<BTreeSet<String>>,
    /// Addresses that were parsed before.
    places: Mutex<HashMap<String, Place>>,
}

/// Where requests go.
#[derive(Clone)]
struct Place {
    url: Url,
    /// As sentences name it.
    host: Arc<str>,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("user_agent", &self.settings.user_agent).finish_non_exhaustive()
    }
}

impl Net {
    /// A network by these settings. An address of a proxy or a certificate that cannot be used is an error here, once.
    pub fn new(settings: NetSettings) -> Result<Self, NetError> {
        // Another part of the process may have chosen already: then it has.
        let _ = rustls::crypto::ring::default_provider().install_default();
        settings.check()?;
        Ok(Self { settings, clients: Mutex::default(), closing: Mutex::default(), places: Mutex::default() })
    }

    fn way(&self, url: &Url, host: &str) -> Way {
        if self.settings.proxies.any() && !is_loopback(url.as_str()) {
            Way::Proxied
        } else if url.scheme() == "http" {
            let closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
            if closing.contains(host) { Way::PlainOnce } else { Way::Plain }
        } else {
            Way::Tls
        }
    }

    /// Remembers a server that keeps no connection whatever it says.
    fn closes(&self, host: &str) {
        let mut closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        if closing.len() < CLOSING_HOSTS_MAX {
            closing.insert(host.to_owned());
        }
    }

    fn client(&self, url: &Url, host: &str, connect: Duration) -> Result<Client, TransportError> {
        let way = self.way(url, host);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&(way, connect)) {
            return Ok(client.clone());
        }
        let of_way = || clients.range((way, Duration::ZERO)..=(way, Duration::MAX));
        if of_way().count() >= POOLS_MAX
            && let Some((_, client)) = of_way().next_back()
        {
            return Ok(client.clone());
        }
        let client = self
            .build(way, connect)
            .map_err(|error| TransportError::Unusable { url: host.to_owned(), reason: innermost(&error) })?;
        clients.insert((way, connect), client.clone());
        Ok(client)
    }

    fn build(&self, way: Way, connect: Duration) -> reqwest::Result<Client> {
        let builder = ClientBuilder::new()
            .user_agent(self.settings.user_agent.as_str())
            .connect_timeout(connect)
            .pool_idle_timeout(POOL_IDLE)
            .tcp_nodelay(true)
            .tcp_keepalive(KEEP_ALIVE)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_adaptive_window(true)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy();
        match way {
            Way::Plain => builder.tls_certs_only([]),
            Way::PlainOnce => builder.tls_certs_only([]).pool_max_idle_per_host(0),
            Way::Tls => builder.tls_certs_merge(self.settings.certificates()?),
            Way::Proxied => self
                .settings
                .proxies
                .build()?
                .into_iter()
                .fold(builder.tls_certs_merge(self.settings.certificates()?), ClientBuilder::proxy),
        }
        .build()
    }
}

impl Transport for Net {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        async move {
            let Place { url, host } = self.place(&request.url)?;
            let prepared = self.prepare(request, url, &host)?;
            let response = match prepared.send().await {
                Ok(response) => response,
                Err(error) => {
                    let error = failed(&host, error);
                    if matches!(error, TransportError::Broken { .. }) {
                        self.closes(&host);
                    }
                    return Err(error);
                }
            };
            let server = response.headers().get(reqwest::header::SERVER);
            if server.is_some_and(|server| CLOSES_AFTER_STREAMS.iter().any(|known| server == *known)) {
                self.closes(&host);
            }
            Ok(answer(response, host))
        }
        .boxed()
    }
}

impl Net {
    /// Calls go to few addresses, again and again.
    fn place(&self, address: &str) -> Result<Place, TransportError> {
        let places = || self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = places().get(address) {
            return Ok(known.clone());
        }
        let url = Url::parse(address).map_err(|error| TransportError::Unusable {
            url: host_port(address),
            reason: error.to_string(),
        })?;
        let place = Place { host: shown(&url).into(), url };
        let mut places = places();
        if places.len() >= PLACES_MAX {
            places.clear();
        }
        places.insert(address.to_owned(), place.clone());
        Ok(place)
    }

    fn prepare(
        &self,
        request: HttpRequest,
        url: Url,
        host: &str,
    ) -> Result<reqwest::RequestBuilder, TransportError> {
        let client = self.client(&url, host, request.deadlines.connect)?;
        let mut built = match request.method {
            Method::Get => client.get(url),
            Method::Post => client.post(url),
        };
        for (name, value) in request.headers {
            built = built.header(name.as_ref(), header_value(&name, &value, host)?);
        }
        // A body that could be sent twice is kept until the answer comes, though nothing is sent twice.
        let once = |body| reqwest::Body::wrap(Full::new(body));
        Ok(if request.body.is_empty() { built } else { built.body(once(request.body)) })
    }
}

fn header_value(name: &str, value: &HeaderText, host: &str) -> Result<HeaderValue, TransportError> {
    let (text, secret) = match value {
        HeaderText::Plain(text) => (text.as_str(), false),
        HeaderText::Secret(text) => (text.expose_secret(), true),
    };
    let mut value = HeaderValue::from_str(text).map_err(|_| TransportError::Unusable {
        url: host.to_owned(),
        reason: format!("the header {name} has characters that no header may have (a line break in a key?)"),
    })?;
    value.set_sensitive(secret);
    Ok(value)
}

fn answer(response: reqwest::Response, host: Arc<str>) -> HttpResponse {
    let status = response.status().as_u16();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers =
        response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = response.bytes_stream().map(move |piece| {
        piece.map_err(|error| TransportError::Broken { host: host.to_string(), reason: innermost(&error) })
    });
    HttpResponse { status, headers, body: body.boxed() }
}

fn failed(host: &str, error: reqwest::Error) -> TransportError {
    let host = host.to_owned();
    let error = error.without_url();
    if error.is_builder() {
        return TransportError::Unusable { url: host, reason: innermost(&error) };
    }
    let reason = innermost(&error);
    if error.is_connect() {
        let reason = if error.is_timeout() { "no connection within its deadline".to_owned() } else { reason };
        return TransportError::Connect { host, reason };
    }
    TransportError::Broken { host, reason }
}

/// What the cause behind all causes says: the others only say that something failed, or name addresses.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    super::excerpt::excerpt(&cause.to_string())
}

#[cfg(test)]
mod tests;
