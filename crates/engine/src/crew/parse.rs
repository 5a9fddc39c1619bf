//! From the text of a crew file to a crew, or to every fault at once.

use std::collections::BTreeMap;

use divisi_domain::model_step::Purpose;
use toml::Spanned;

use super::fault::CrewFaults;
use super::file::{CrewFile, PromptFile, PromptsFile, RoutesFile};
use super::text::Text;
use super::{Crew, Policy, Prompt, RouteTarget, agents, limits, prompt};

/// Bytes of a crew file.
pub(super) const CREW_BYTES_MAX: usize = 512 * 1024;
/// The provider that every purpose is routed to where the file says nothing.
const DEFAULT_TARGET: &str = "extractive/extractive-1";

/// Reads and checks a crew file. Faults come all at once, except where the text is no TOML of the right
/// shape: then there is only the first.
pub fn parse(source: &str) -> Result<Crew, CrewFaults> {
    let mut text = Text::new(source);
    if source.len() > CREW_BYTES_MAX {
        text.fault(None, format!("The file has {} bytes; a crew may have {CREW_BYTES_MAX}.", source.len()));
        text.finish()?;
    }
    let file: CrewFile = toml::from_str(source).map_err(|error| shape_fault(source, &error))?;
    let crew = resolve(&file, &mut text);
    text.finish()?;
    crew.ok_or_else(|| CrewFaults(Vec::new()))
}

fn shape_fault(source: &str, error: &toml::de::Error) -> CrewFaults {
    let text = Text::new(source);
    let line = error.span().map(|span| text.line(span.start));
    CrewFaults(vec![super::CrewFault {
        line,
        sentence: format!("{}.", error.message().trim_end_matches('.')),
    }])
}

fn resolve(file: &CrewFile, text: &mut Text<'_>) -> Option<Crew> {
    let name = crew_name(&file.name, text);
    version(&file.version, text);
    if file.description.get_ref().trim().is_empty() {
        text.fault_at(&file.description, "The crew has no description. Say what it is good for.");
    }
    let limits = file.limits.resolve();
    let policy = Policy::from(file.policy.clone());
    for sentence in limits::faults(&limits).into_iter().chain(policy.rules().err().unwrap_or_default()) {
        text.fault(None, sentence);
    }
    let mut fragments = prompt::builtin_fragments();
    fragments.extend(file.fragments.iter().map(|(name, body)| (name.clone(), body.get_ref().clone())));
    let crew = Crew {
        name: name?,
        version: file.version.get_ref().clone(),
        description: file.description.get_ref().trim().to_owned(),
        agents: agents::resolve(&file.agents, text),
        prompts: Purpose::ALL.into_iter().map(|purpose| (purpose, prompt_of(file, purpose))).collect(),
        fragments,
        limits,
        policy,
        routes: routes(&file.routes, text),
        cache: file.cache.resolve(text),
        routed: is_routed(file),
        compiled: super::Compiled::default(),
    };
    check_prompts(file, &crew, text);
    Some(crew)
}

fn crew_name(value: &Spanned<String>, text: &mut Text<'_>) -> Option<divisi_domain::name::Name> {
    let name = text.name(value)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.as_str().bytes().all(plain)
        || !name.as_str().starts_with(|first: char| first.is_ascii_lowercase())
    {
        text.fault_at(
            value,
            format!("'{name}' is no name of a crew: use a-z, digits and _, a letter first."),
        );
    }
    Some(name)
}

fn version(value: &Spanned<String>, text: &mut Text<'_>) {
    let parts: Vec<&str> = value.get_ref().split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 3 || !parts.iter().all(number) {
        text.fault_at(
            value,
            format!("'{}' is no version. Write numbers with dots, as in 1.0.0.", value.get_ref()),
        );
    }
}

fn prompt_of(file: &CrewFile, purpose: Purpose) -> Prompt {
    let given = prompt_file(&file.prompts, purpose);
    let builtin = prompt::builtin(purpose);
    let text =
        |own: &Option<Spanned<String>>, or: &str| own.as_ref().map_or(or, |own| own.get_ref()).to_owned();
    Prompt { system: text(&given.system, builtin.0), user: text(&given.user, builtin.1) }
}

fn prompt_file(prompts: &PromptsFile, purpose: Purpose) -> &PromptFile {
    match purpose {
        Purpose::Analyse => &prompts.analyse,
        Purpose::Select => &prompts.select,
        Purpose::Decompose => &prompts.decompose,
        Purpose::Work => &prompts.work,
        Purpose::Review => &prompts.review,
        Purpose::Coordinate => &prompts.coordinate,
        Purpose::Synthesise => &prompts.synthesise,
        Purpose::FinalReview => &prompts.final_review,
    }
}

fn routes(file: &RoutesFile, text: &mut Text<'_>) -> BTreeMap<Purpose, Vec<RouteTarget>> {
    let otherwise = match text.route(&file.default) {
        none if none.is_empty() => text.route(&[Spanned::new(0..0, DEFAULT_TARGET.to_owned())]),
        given => given,
    };
    let mut routes = BTreeMap::new();
    for purpose in Purpose::ALL {
        let own = text.route(route_file(file, purpose));
        routes.insert(purpose, if own.is_empty() { otherwise.clone() } else { own });
    }
    routes
}

/// Whether the file names a model anywhere.
fn is_routed(file: &CrewFile) -> bool {
    let by_purpose = Purpose::ALL.into_iter().any(|purpose| !route_file(&file.routes, purpose).is_empty());
    by_purpose || !file.routes.default.is_empty() || file.agents.iter().any(|agent| !agent.route.is_empty())
}

fn route_file(routes: &RoutesFile, purpose: Purpose) -> &[Spanned<String>] {
    match purpose {
        Purpose::Analyse => &routes.analyse,
        Purpose::Select => &routes.select,
        Purpose::Decompose => &routes.decompose,
        Purpose::Work => &routes.work,
        Purpose::Review => &routes.review,
        Purpose::Coordinate => &routes.coordinate,
        Purpose::Synthesise => &routes.synthesise,
        Purpose::FinalReview => &routes.final_review,
    }
}

/// Every prompt is rendered with inputs that are full and with inputs that are as empty as they may be.
fn check_prompts(file: &CrewFile, crew: &Crew, text: &mut Text<'_>) {
    for fault in prompt::faults(crew) {
        let given = prompt_file(&file.prompts, fault.purpose);
        let own = if fault.in_system { &given.system } else { &given.user };
        let line = own.as_ref().zip(fault.line).map(|(own, line)| text.line(own.span().start) + line);
        text.fault(line, fault.sentence);
    }
}
