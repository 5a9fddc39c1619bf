//! Names of tools on the wire. Ours may hold `.`, `:` and `/`, vendors take letters, digits, `_` and `-`.

use std::collections::BTreeMap;

use divisi_llm::{Message, Request};

/// The longest name that every vendor takes, in bytes.
const WIRE_NAME_BYTES_MAX: usize = 64;

/// Names of the tools of one request, both ways. The same request always gives the same names.
#[derive(Debug, Default)]
pub(crate) struct ToolNames {
    wire: BTreeMap<String, String>,
    ours: BTreeMap<String, String>,
}

impl ToolNames {
    /// Names for the tools that `request` offers and those that its conversation speaks of.
    pub(crate) fn of(request: &Request) -> Self {
        Self::beside(&[], request)
    }

    /// Such names, none of which is one of `reserved`.
    pub(crate) fn beside(reserved: &[&str], request: &Request) -> Self {
        let mut names = Self::default();
        for name in reserved {
            names.ours.insert((*name).to_owned(), (*name).to_owned());
        }
        for tool in &request.tools {
            names.add(tool.name.as_str());
        }
        for message in &request.messages {
            match message {
                Message::User { .. } => {}
                Message::Assistant { tool_calls, .. } => {
                    for call in tool_calls {
                        names.add(&call.tool);
                    }
                }
                Message::Tool { tool, .. } => names.add(tool.as_str()),
            }
        }
        names
    }

    /// The name that the vendor sees.
    pub(crate) fn wire<'a>(&'a self, ours: &'a str) -> &'a str {
        self.wire.get(ours).map_or(ours, String::as_str)
    }

    /// Our name of the tool that the vendor names.
    pub(crate) fn ours<'a>(&'a self, wire: &'a str) -> &'a str {
        self.ours.get(wire).map_or(wire, String::as_str)
    }

    fn add(&mut self, ours: &str) {
        if self.wire.contains_key(ours) {
            return;
        }
        let wire = self.free(&fitting(ours));
        self.ours.insert(wire.clone(), ours.to_owned());
        self.wire.insert(ours.to_owned(), wire);
    }

    fn free(&self, wanted: &str) -> String {
        let numbered = |n: usize| {
            let number = format!("_{n}");
            let kept = wanted.len().min(WIRE_NAME_BYTES_MAX - number.len());
            format!("{}{number}", &wanted[..kept])
        };
        let taken = |name: &String| self.ours.contains_key(name);
        let mut name = wanted.to_owned();
        let mut n = 2;
        while taken(&name) {
            name = numbered(n);
            n += 1;
        }
        name
    }
}

/// ASCII of the allowed characters, beginning with a letter or `_`.
fn fitting(ours: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let mut name: String = ours.chars().map(allowed).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        name.insert(0, '_');
    }
    name.truncate(WIRE_NAME_BYTES_MAX);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_stay_apart_and_come_back() {
        let long = "x".repeat(90);
        let rows = [
            ("search_documents", "search_documents"),
            ("mcp/files.read", "mcp_files_read"),
            ("mcp.files/read", "mcp_files_read_2"),
            ("7zip", "_7zip"),
            ("", "_"),
            (long.as_str(), &long[..64]),
            (&long[..80], "_62"),
        ];
        let mut names = ToolNames::default();
        for (ours, _) in rows {
            names.add(ours);
        }
        for (ours, wire) in rows {
            let wire = if wire == "_62" { format!("{}_2", &long[..62]) } else { wire.to_owned() };
            assert_eq!(names.wire(ours), wire);
            assert_eq!(names.ours(&wire), ours);
        }
        assert_eq!(names.ours("never_offered"), "never_offered");
    }

    #[test]
    fn a_reserved_name_is_given_to_no_tool() {
        let mut names = ToolNames::default();
        names.ours.insert("answer".to_owned(), "answer".to_owned());
        names.add("answer");
        assert_eq!(names.wire("answer"), "answer_2");
        assert_eq!(names.ours("answer_2"), "answer");
    }
}
