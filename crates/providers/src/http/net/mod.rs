//! The real network.

mod connect;
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, HeaderName, HeaderValue, PROXY_AUTHORIZATION, SERVER, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::{self, Client};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::ExposeSecret;
use url::Url;

use self::connect::{Connector, KEEP_ALIVE};
use self::settings::no_tls;
pub use self::settings::{NetError, NetSettings, Proxies};
use super::place::{has_credentials, host_port, is_loopback, shown};
use super::{HeaderText, HttpRequest, HttpResponse, Method, Transport, TransportError};

/// How long a connection that nobody uses is kept.
const POOL_IDLE: Duration = Duration::from_mins(1);
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

type Pool = Arc<Client<Connector, Full<Bytes>>>;

/// Sends requests over TCP: TLS by rustls, HTTP/2 where offered, connections kept. Follows no redirect, repeats nothing,
/// reads no environment; this machine itself is never reached through a proxy.
pub struct Net {
    settings: NetSettings,
    user_agent: HeaderValue,
    proxies: Arc<Matcher>,
    pools: Mutex<BTreeMap<(Way, Duration), Pool>>,
    closing: Mutex<BTreeSet<Arc<str>>>,
    /// Addresses that were parsed before.
    places: Mutex<HashMap<String, Place>>,
}

/// Where requests go.
#[derive(Clone)]
struct Place {
    uri: Uri,
    /// As sentences name it.
    host: Arc<str>,
    /// Without a server's habit, which is learnt later.
    way: Way,
    /// What the proxy wants to know of whoever asks it without a tunnel.
    proxy_authorization: Option<HeaderValue>,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("user_agent", &self.settings.user_agent).finish_non_exhaustive()
    }
}

impl Net {
    /// A network by these settings. An address of a proxy or a certificate that cannot be used is an error here, once.
    pub fn new(settings: NetSettings) -> Result<Self, NetError> {
        settings.check()?;
        Ok(Self {
            user_agent: settings.user_agent()?,
            proxies: Arc::new(settings.proxies.matcher()),
            settings,
            pools: Mutex::default(),
            closing: Mutex::default(),
            places: Mutex::default(),
        })
    }

    fn way(&self, place: &Place) -> Way {
        let closing = || self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        if place.way == Way::Plain && closing().contains(&place.host) { Way::PlainOnce } else { place.way }
    }

    /// Remembers a server that keeps no connection whatever it says.
    fn closes(&self, host: &Arc<str>) {
        let mut closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        if closing.len() < CLOSING_HOSTS_MAX {
            closing.insert(Arc::clone(host));
        }
    }

    fn pool(&self, place: &Place, connect: Duration) -> Result<Pool, TransportError> {
        let way = self.way(place);
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&(way, connect)) {
            return Ok(Arc::clone(pool));
        }
        let of_way = || pools.range((way, Duration::ZERO)..=(way, Duration::MAX));
        if of_way().count() >= POOLS_MAX
            && let Some((_, pool)) = of_way().next_back()
        {
            return Ok(Arc::clone(pool));
        }
        let pool = self.build(way, connect).map_err(|error| unusable(&place.host, error.to_string()))?;
        pools.insert((way, connect), Arc::clone(&pool));
        Ok(pool)
    }

    fn build(&self, way: Way, connect: Duration) -> Result<Pool, rustls::Error> {
        let (tls, proxies) = match way {
            Way::Plain | Way::PlainOnce => (no_tls()?, None),
            Way::Tls => (self.settings.tls()?, None),
            Way::Proxied => (self.settings.tls()?, Some(Arc::clone(&self.proxies))),
        };
        let connector = Connector::new(tls, proxies, self.user_agent.clone(), connect);
        let kept = if way == Way::PlainOnce { 0 } else { usize::MAX };
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(kept)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_adaptive_window(true)
            .build(connector);
        Ok(Arc::new(client))
    }
}

impl Transport for Net {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        async move {
            let place = self.place(&request.url)?;
            let pool = self.pool(&place, request.deadlines.connect)?;
            let host = Arc::clone(&place.host);
            let response = match pool.request(self.prepare(request, place)?).await {
                Ok(response) => response,
                Err(error) => {
                    let error = failed(&host, &error);
                    if matches!(error, TransportError::Broken { .. }) {
                        self.closes(&host);
                    }
                    return Err(error);
                }
            };
            let server = response.headers().get(SERVER);
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
        let place = self.parse(address)?;
        let mut places = places();
        if places.len() >= PLACES_MAX {
            places.clear();
        }
        places.insert(address.to_owned(), place.clone());
        Ok(place)
    }

    fn parse(&self, address: &str) -> Result<Place, TransportError> {
        let why = |reason: String| unusable(&host_port(address), reason);
        let url = Url::parse(address).map_err(|error| why(error.to_string()))?;
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            other => return Err(why(format!("'{other}' is not http or https"))),
        };
        if has_credentials(address) {
            return Err(why("it holds a user or a password".to_owned()));
        }
        let uri: Uri =
            url.as_str().parse().map_err(|_| why("it has characters that no address may have".to_owned()))?;
        let way = if self.settings.proxies.any() && !is_loopback(address) {
            Way::Proxied
        } else if secure {
            Way::Tls
        } else {
            Way::Plain
        };
        let proxy = (way == Way::Proxied && !secure).then(|| self.proxies.intercept(&uri)).flatten();
        let proxy_authorization = proxy.and_then(|proxy| proxy.basic_auth().cloned());
        Ok(Place { uri, host: shown(&url).into(), way, proxy_authorization })
    }

    fn prepare(&self, request: HttpRequest, place: Place) -> Result<Request<Full<Bytes>>, TransportError> {
        let mut prepared = Request::new(Full::new(request.body));
        *prepared.method_mut() = match request.method {
            Method::Get => hyper::Method::GET,
            Method::Post => hyper::Method::POST,
        };
        *prepared.uri_mut() = place.uri;
        let headers = prepared.headers_mut();
        for (name, value) in request.headers {
            let value = header_value(&name, &value, &place.host)?;
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| unusable(&place.host, format!("'{name}' is no name of a header")))?;
            headers.append(name, value);
        }
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        if let Some(authorization) = place.proxy_authorization {
            headers.insert(PROXY_AUTHORIZATION, authorization);
        }
        Ok(prepared)
    }
}

fn unusable(url: &str, reason: String) -> TransportError {
    TransportError::Unusable { url: url.to_owned(), reason }
}

fn header_value(name: &str, value: &HeaderText, host: &str) -> Result<HeaderValue, TransportError> {
    let (text, secret) = match value {
        HeaderText::Plain(text) => (text.as_str(), false),
        HeaderText::Secret(text) => (text.expose_secret(), true),
    };
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        let why =
            format!("the header {name} has characters that no header may have (a line break in a key?)");
        unusable(host, why)
    })?;
    value.set_sensitive(secret);
    Ok(value)
}

fn answer(response: Response<Incoming>, host: Arc<str>) -> HttpResponse {
    let status = response.status().as_u16();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers =
        response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = response.into_body().into_data_stream().map(move |piece| {
        piece.map_err(|error| TransportError::Broken { host: host.to_string(), reason: innermost(&error) })
    });
    HttpResponse { status, headers, body: body.boxed() }
}

fn failed(host: &str, error: &legacy::Error) -> TransportError {
    let (host, reason) = (host.to_owned(), innermost(error));
    if error.is_connect() {
        TransportError::Connect { host, reason }
    } else {
        TransportError::Broken { host, reason }
    }
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
