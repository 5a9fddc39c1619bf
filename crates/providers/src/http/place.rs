//! Where a call goes, as sentences name it.

use reqwest::Url;

/// Host and port of an address: never its user, path or query, which may hold a credential.
pub fn host_port(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return "an address that is none".to_owned() };
    let host = url.host_str().unwrap_or("no host");
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Whether an address means this machine.
pub fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
