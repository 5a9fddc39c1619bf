//! What the composition root says of the network.

use bytes::Bytes;
use reqwest::{Certificate, NoProxy, Proxy};
use secrecy::{ExposeSecret, SecretString};

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

    pub(super) fn build(&self) -> reqwest::Result<Vec<Proxy>> {
        let made = [
            self.http.as_ref().map(|url| Proxy::http(url.expose_secret())),
            self.https.as_ref().map(|url| Proxy::https(url.expose_secret())),
            self.all.as_ref().map(|url| Proxy::all(url.expose_secret())),
        ];
        let except = || self.except.as_deref().and_then(NoProxy::from_string);
        made.into_iter().flatten().map(|proxy| Ok(proxy?.no_proxy(except()))).collect()
    }

    fn check(&self) -> Result<(), NetError> {
        let rows = [("http", &self.http), ("https", &self.https), ("all", &self.all)];
        for (what, url) in rows {
            if url.as_ref().is_some_and(|url| Proxy::all(url.expose_secret()).is_err()) {
                return Err(NetError::Proxy(what));
            }
        }
        Ok(())
    }
}

impl NetSettings {
    pub(super) fn check(&self) -> Result<(), NetError> {
        reqwest::header::HeaderValue::from_str(&self.user_agent).map_err(|_| NetError::UserAgent)?;
        for (at, pem) in self.certificates.iter().enumerate() {
            let read = Certificate::from_pem_bundle(pem);
            if read.map_or(0, |found| found.len()) == 0 {
                return Err(NetError::Certificate(at + 1));
            }
        }
        self.proxies.check()
    }

    pub(super) fn certificates(&self) -> reqwest::Result<Vec<Certificate>> {
        let bundles: Vec<Vec<Certificate>> = self
            .certificates
            .iter()
            .map(|pem| Certificate::from_pem_bundle(pem))
            .collect::<Result<_, _>>()?;
        Ok(bundles.into_iter().flatten().collect())
    }
}
