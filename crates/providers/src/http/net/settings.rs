//! What the composition root says of the network.

use std::sync::Arc;

use bytes::Bytes;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls_platform_verifier::Verifier;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::connect::is_socks;

/// How the network is used.
#[derive(Debug, Clone, Default)]
pub struct NetSettings {
    /// What we call ourselves.
    pub user_agent: String,
    /// Through what.
    pub proxies: Proxies,
    /// Certificate authorities beside those of the system: PEM, one or more in each.
    pub certificates: Vec<Bytes>,
}

/// Proxies, whose addresses may hold a user and a password.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For `http://` addresses.
    pub http: Option<SecretString>,
    /// For `https://` addresses.
    pub https: Option<SecretString>,
    /// For those that have none of the above.
    pub all: Option<SecretString>,
    /// What is reached without: hosts, domains, addresses and networks, with commas between.
    pub except: Option<String>,
}

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// A proxy.
    #[error("the address of the proxy for {0} addresses cannot be used: write it as http://host:port")]
    Proxy(&'static str),
    /// A certificate.
    #[error("certificate file {0} of those configured is no PEM certificate")]
    Certificate(usize),
    /// What we call ourselves.
    #[error("the user agent has characters that no header may have")]
    UserAgent,
}

impl Proxies {
    pub(super) fn any(&self) -> bool {
        self.http.is_some() || self.https.is_some() || self.all.is_some()
    }

    /// Which of them a request goes through.
    pub(super) fn matcher(&self) -> Matcher {
        let text = |url: &Option<SecretString>| {
            url.as_ref().map(|url| escaped(url.expose_secret())).unwrap_or_default()
        };
        Matcher::builder()
            .http(text(&self.http))
            .https(text(&self.https))
            .all(text(&self.all))
            .no(self.except.clone().unwrap_or_default())
            .build()
    }

    fn check(&self) -> Result<(), NetError> {
        let rows = [("http", &self.http), ("https", &self.https), ("all", &self.all)];
        for (what, url) in rows {
            if url.as_ref().is_some_and(|url| !is_proxy(url.expose_secret())) {
                return Err(NetError::Proxy(what));
            }
        }
        Ok(())
    }
}

/// With what a password may hold and an address may not in its escaped form. Without a scheme it is no whole address, and
/// stays as it is.
fn escaped(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), String::from)
}

/// Whether the address of a proxy can be used.
fn is_proxy(url: &str) -> bool {
    let anywhere = Uri::from_static("http://anywhere.invalid");
    let proxy = Matcher::builder().all(escaped(url)).build().intercept(&anywhere);
    proxy.as_ref().map(Intercept::uri).is_some_and(|to| {
        to.host().is_some_and(|host| !host.is_empty())
            && (is_socks(to) || matches!(to.scheme_str(), Some("http" | "https")))
    })
}

impl NetSettings {
    pub(super) fn check(&self) -> Result<(), NetError> {
        self.user_agent()?;
        for (at, pem) in self.certificates.iter().enumerate() {
            if in_bundle(pem).map_or(0, |found| found.len()) == 0 {
                return Err(NetError::Certificate(at + 1));
            }
        }
        self.proxies.check()
    }

    pub(super) fn user_agent(&self) -> Result<HeaderValue, NetError> {
        HeaderValue::from_str(&self.user_agent).map_err(|_| NetError::UserAgent)
    }

    /// TLS that trusts whom the system trusts, and those of the settings.
    pub(super) fn tls(&self) -> Result<ClientConfig, rustls::Error> {
        let own: Result<Vec<_>, _> = self.certificates.iter().map(|pem| in_bundle(pem)).collect();
        let own = own.map_err(|error| rustls::Error::General(error.to_string()))?;
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new_with_extra_roots(own.into_iter().flatten(), Arc::clone(&provider))?;
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let verified = versions.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        Ok(verified.with_no_client_auth())
    }
}

/// TLS that trusts nobody: for addresses without, whose certificates need not be found first.
pub(super) fn no_tls() -> Result<ClientConfig, rustls::Error> {
    let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(versions.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

/// The certificates of a PEM file.
fn in_bundle(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}
