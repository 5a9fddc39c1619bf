//! What is tried with what.

/// The model's name at the servers.
pub(super) const MODEL: &str = "smollm2";

/// A model server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    /// The server of llama-cpp-python.
    LlamaCppPython,
    /// llama.cpp's own.
    LlamaCpp,
}

/// What Divisi speaks with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Chat,
    Responses,
    Messages,
    Gemini,
}

/// One task on one server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) engine: Engine,
    /// Whether the proxy stands before the server.
    pub(super) proxied: bool,
    pub(super) wire: Wire,
    /// Whether the process is killed in the middle of a call, and the task resumed.
    pub(super) killed: bool,
}

const fn plain(name: &'static str, engine: Engine, wire: Wire) -> Case {
    Case { name, engine, proxied: false, wire, killed: false }
}

const fn proxied(name: &'static str, engine: Engine, wire: Wire) -> Case {
    Case { proxied: true, ..plain(name, engine, wire) }
}

const fn killed(name: &'static str, engine: Engine) -> Case {
    Case { killed: true, ..plain(name, engine, Wire::Chat) }
}

/// All of them. The servers have no Gemini wire of their own, and llama-cpp-python speaks Chat alone.
pub(super) const CASES: [Case; 14] = [
    plain("lcp_chat", Engine::LlamaCppPython, Wire::Chat),
    plain("cpp_chat", Engine::LlamaCpp, Wire::Chat),
    plain("cpp_responses", Engine::LlamaCpp, Wire::Responses),
    plain("cpp_messages", Engine::LlamaCpp, Wire::Messages),
    proxied("proxy_cpp_chat", Engine::LlamaCpp, Wire::Chat),
    proxied("proxy_cpp_responses", Engine::LlamaCpp, Wire::Responses),
    proxied("proxy_cpp_messages", Engine::LlamaCpp, Wire::Messages),
    proxied("proxy_cpp_gemini", Engine::LlamaCpp, Wire::Gemini),
    proxied("proxy_lcp_chat", Engine::LlamaCppPython, Wire::Chat),
    proxied("proxy_lcp_responses", Engine::LlamaCppPython, Wire::Responses),
    proxied("proxy_lcp_messages", Engine::LlamaCppPython, Wire::Messages),
    proxied("proxy_lcp_gemini", Engine::LlamaCppPython, Wire::Gemini),
    killed("cpp_killed", Engine::LlamaCpp),
    killed("lcp_killed", Engine::LlamaCppPython),
];

impl Engine {
    /// The word by which `serve.py` knows it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::LlamaCppPython => "lcp",
            Self::LlamaCpp => "cpp",
        }
    }

    /// Subtasks of a plan: a server that holds a model to its grammar for a quarter of a second a token has enough with one.
    pub(super) const fn subtasks(self) -> usize {
        match self {
            Self::LlamaCppPython => 1,
            Self::LlamaCpp => 2,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::LlamaCppPython => "llama-cpp-python",
            Self::LlamaCpp => "llama.cpp",
        }
    }
}

impl Wire {
    /// Its name in the settings.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::Gemini => "gemini",
        }
    }

    /// The name by which the proxy has the model on this wire: one of its vendor, as people have it, so that what is sent is
    /// what a vendor's model would be sent.
    pub(super) const fn alias(self) -> &'static str {
        match self {
            // This wire's proxy leaves schemas out: a model of the vendor's name would not be told of them at all.
            Self::Chat | Self::Gemini => MODEL,
            Self::Responses => "gpt-4.1-mini",
            Self::Messages => "claude-haiku-4-5",
        }
    }

    /// What stands behind host and port in the address of a provider.
    pub(super) const fn base(self) -> &'static str {
        match self {
            Self::Chat | Self::Responses => "/v1",
            Self::Messages | Self::Gemini => "",
        }
    }
}

impl Case {
    /// The model that is asked.
    pub(super) const fn model(&self) -> &'static str {
        if self.proxied { self.wire.alias() } else { MODEL }
    }

    /// Calls that the server answers at once, where it says so and is asked.
    pub(super) const fn slots(&self) -> Option<usize> {
        match (self.proxied, self.wire, self.engine) {
            (false, _, Engine::LlamaCpp) => Some(2),
            (false, Wire::Chat, Engine::LlamaCppPython) => Some(1),
            _ => None,
        }
    }

    /// What it is, for people.
    pub(super) fn sentence(&self) -> String {
        let proxy = if self.proxied { " behind litellm" } else { "" };
        let killed = if self.killed { ", killed in the middle of a call and resumed" } else { "" };
        format!("{}{proxy} by {}{killed}", self.engine.title(), self.wire.word())
    }
}
