//! Transition tables as Mermaid state diagrams.

/// A machine to draw.
pub(super) struct Machine<'a> {
    /// Where it begins.
    pub(super) first: &'a str,
    /// Where it may rest for ever.
    pub(super) last: &'a [&'a str],
    /// All states in the order of reading.
    pub(super) states: &'a [&'a str],
    /// From, to.
    pub(super) transitions: &'a [(&'a str, &'a str)],
}

impl Machine<'_> {
    /// The diagram. A transition that every state but the last ones has is drawn once.
    pub(super) fn draw(&self) -> String {
        let live: Vec<&str> =
            self.states.iter().copied().filter(|state| !self.last.contains(state)).collect();
        let has = |from: &str, to: &str| self.transitions.contains(&(from, to));
        let from_all = |to: &&&str| live.len() > 2 && live.iter().all(|from| has(from, to));
        let from_all: Vec<&str> = self.last.iter().filter(from_all).copied().collect();
        let grouped = |from: &str, to: &str| from_all.contains(&to) && live.contains(&from);
        let mut lines = vec!["stateDiagram-v2".to_owned(), format!("    [*] --> {}", self.first)];
        if !from_all.is_empty() {
            lines.push("    state Open {".to_owned());
            let inside = |(from, to): &&(&str, &str)| live.contains(from) && live.contains(to);
            let inner = self.transitions.iter().filter(inside);
            lines.extend(inner.map(|(from, to)| format!("        {from} --> {to}")));
            lines.push("    }".to_owned());
            lines.extend(from_all.iter().map(|to| format!("    Open --> {to}")));
        }
        let drawn = |from: &str, to: &str| !from_all.is_empty() && live.contains(&from) && live.contains(&to);
        let others = self.transitions.iter().filter(|(from, to)| !grouped(from, to) && !drawn(from, to));
        lines.extend(others.map(|(from, to)| format!("    {from} --> {to}")));
        lines.extend(self.last.iter().map(|last| format!("    {last} --> [*]")));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_state_may_do_is_drawn_once() {
        let machine = Machine {
            first: "A",
            last: &["Done", "Off"],
            states: &["A", "B", "C", "Done", "Off"],
            transitions: &[("A", "B"), ("B", "C"), ("C", "Done"), ("A", "Off"), ("B", "Off"), ("C", "Off")],
        };
        let expected = "stateDiagram-v2\n    [*] --> A\n    state Open {\n        A --> B\n        B --> C\n    }\n    \
             Open --> Off\n    C --> Done\n    Done --> [*]\n    Off --> [*]";
        assert_eq!(machine.draw(), expected);
    }

    #[test]
    fn a_small_machine_is_drawn_edge_by_edge() {
        let transitions = &[("pending", "approved"), ("pending", "void")];
        let (last, states) = (&["approved", "void"], &["pending", "approved", "void"]);
        let drawn = Machine { first: "pending", last, states, transitions }.draw();
        assert!(drawn.contains("    pending --> approved\n    pending --> void\n"), "{drawn}");
        assert!(!drawn.contains("Open"), "{drawn}");
    }
}
