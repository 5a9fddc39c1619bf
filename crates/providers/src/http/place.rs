//! Where a call goes, as sentences name it.

use std::net::IpAddr;

use url::Url;

/// Host and port of an address: never its user, path or query, which may hold a credential.
pub fn host_port(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "an address that is none".to_owned(), |url| shown(&url))
}

/// Host and port of a parsed address.
pub(super) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or("no host");
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Names that containers have for the machine they run on.
const HOST_OF_CONTAINERS: [&str; 3] =
    ["host.docker.internal", "host.containers.internal", "gateway.docker.internal"];
/// Ends of names that only a network of one's own knows.
const OWN_NAMES: [&str; 5] = [".local", ".lan", ".home", ".home.arpa", ".internal"];

/// Whether an address means this machine.
pub fn is_loopback(url: &str) -> bool {
    match host(url) {
        Some(Host::Name(name)) => name == "localhost",
        // What listens everywhere is reached here.
        Some(Host::Address(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

/// Whether an address means a machine of one's own: this one, or one in a private network.
pub fn is_private(url: &str) -> bool {
    match host(url) {
        Some(Host::Name(name)) => {
            let own = OWN_NAMES.iter().any(|end| name.ends_with(end));
            own || !name.contains('.') || HOST_OF_CONTAINERS.contains(&name.as_str())
        }
        Some(Host::Address(IpAddr::V4(address))) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_private()
                || address.is_link_local()
        }
        Some(Host::Address(IpAddr::V6(address))) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
        None => false,
    }
}

/// Whether an address holds a user or a password, which would be shown with it.
pub fn has_credentials(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

enum Host {
    Name(String),
    Address(IpAddr),
}

fn host(url: &str) -> Option<Host> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    Some(bare.parse().map_or_else(|_| Host::Name(host.to_ascii_lowercase()), Host::Address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_of_ones_own() {
        let rows = [
            ("http://0.0.0.0:8000/v1", true, true),
            ("http://192.168.1.5:11434", false, true),
            ("http://10.0.0.1/v1", false, true),
            ("http://[fd00::1]:8000", false, true),
            ("http://host.docker.internal:11434/v1", false, true),
            ("http://ollama:11434/v1", false, true),
            ("http://box.local:1234/v1", false, true),
            ("https://api.example.com/v1", false, false),
            ("http://8.8.8.8/v1", false, false),
            ("not an address", false, false),
        ];
        for (url, loopback, private) in rows {
            assert_eq!((is_loopback(url), is_private(url)), (loopback, private), "{url}");
        }
        assert!(has_credentials("https://me:pass@h/v1") && has_credentials("https://me@h/v1"));
        assert!(!has_credentials("https://h/v1?a=b@c"));
    }

    #[test]
    fn addresses() {
        let rows = [
            ("https://me:secret@api.example.com/v1?key=secret", "api.example.com:443", false),
            ("http://127.0.0.1:11434/v1", "127.0.0.1:11434", true),
            ("http://localhost:8080", "localhost:8080", true),
            ("http://[::1]:8000/v1", "[::1]:8000", true),
            ("http://10.0.0.1", "10.0.0.1:80", false),
            ("not an address", "an address that is none", false),
        ];
        for (url, shown, local) in rows {
            assert_eq!((host_port(url).as_str(), is_loopback(url)), (shown, local), "{url}");
        }
    }
}
