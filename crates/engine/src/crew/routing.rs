//! Which models a crew works with where its author did not choose, or the user chose otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_llm::policy::{RoutePriority, Routes};

use super::{Crew, RouteTarget, patience};

/// What a task may say of its models, as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// `provider/model`, or a model that a provider lists.
    pub model: Option<String>,
    /// A provider: its usual model where none is named.
    pub provider: Option<String>,
    /// What matters most.
    pub priority: Option<RoutePriority>,
}

/// What a task may say of its models.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelChoice {
    /// These and no others, in the order in which they are tried; empty for no choice.
    pub models: Vec<RouteTarget>,
    /// What matters most, where the crew's author chose no models.
    pub priority: Option<RoutePriority>,
}

/// The routes of a process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routing {
    /// By purpose and priority. Without any, crews keep the offline provider.
    pub routes: Routes,
    /// Where the task does not say what matters most.
    pub priority: RoutePriority,
    /// The model of each provider that is taken where only the provider is named; `None` where it has none.
    pub usual: BTreeMap<Name, Option<Name>>,
    /// What providers lack that can answer nobody, as sentences.
    pub lacks: BTreeMap<Name, String>,
    /// Models that providers list.
    pub listed: Vec<RouteTarget>,
    /// Providers that answer for any name with the model that they have: what they do not list they do not have.
    pub only_listed: BTreeSet<Name>,
    /// Providers that keep what they are sent on this machine.
    pub local: BTreeSet<Name>,
    /// Providers on machines of one's own, which may be slow.
    pub own: BTreeSet<Name>,
    /// Why nobody can be asked of those that somebody named, where there is nobody else either. Who named a model service
    /// does not want its tasks done offline without a word.
    pub nobody: Option<String>,
}

impl Routing {
    /// The models that a task asks for, or the sentence why there are none such.
    pub fn choose(&self, asked: &Asked) -> Result<ModelChoice, String> {
        let priority = asked.priority;
        let model = match (&asked.provider, &asked.model) {
            (None, None) => return Ok(ModelChoice { models: Vec::new(), priority }),
            (Some(provider), None) => self.usual_of(provider)?,
            (Some(provider), Some(model)) => {
                let own = model.strip_prefix(provider.as_str()).and_then(|rest| rest.strip_prefix('/'));
                Self::model_of(self.provider(provider)?, own.unwrap_or(model))?
            }
            (None, Some(model)) => self.named(model)?,
        };
        match self.lack(&model) {
            Some(lack) => Err(lack),
            None => Ok(ModelChoice { models: vec![model], priority }),
        }
    }

    /// Why a model can answer nobody, or would be another than is asked for.
    fn lack(&self, target: &RouteTarget) -> Option<String> {
        let RouteTarget { provider, model } = target;
        if let Some(lack) = self.lacks.get(provider) {
            return Some(lack.clone());
        }
        if !self.only_listed.contains(provider) || self.listed.contains(target) {
            return None;
        }
        let own = self.listed.iter().filter(|listed| listed.provider == *provider);
        let has: Vec<&str> = own.map(|listed| listed.model.as_str()).collect();
        Some(format!(
            "'{provider}' has no model '{model}', and would answer for it with another. Choose one that it has: {}.",
            shown(&has.join(", "))
        ))
    }

    /// Why a crew cannot work as its task wants: a model of it is elsewhere though nothing may leave this machine, or all
    /// models of one of its routes lack something.
    pub fn lack_of(&self, crew: &Crew, choice: &ModelChoice) -> Option<String> {
        let own = crew.agents.iter().map(|agent| &agent.route).filter(|route| !route.is_empty());
        let mut routes = crew.routes.values().chain(own);
        if self.stays_here(choice)
            && let Some(away) = routes.clone().flatten().find(|target| !self.is_local(target))
        {
            return Some(format!(
                "The task is to stay on this machine (route local), and '{}/{}' is not on it. Choose a model of a server on \
                 this machine (`divisi models` lists them), or another route.",
                away.provider, away.model
            ));
        }
        let lack = routes.find_map(|route| {
            let lacks: Option<Vec<String>> = route.iter().map(|target| self.lack(target)).collect();
            lacks?.into_iter().next()
        });
        let is_left_to_us = choice.models.is_empty() && !crew.routed && !self.stays_here(choice);
        lack.or_else(|| self.nobody.clone().filter(|_| is_left_to_us))
    }

    /// Whether nothing of the task may leave this machine.
    fn stays_here(&self, choice: &ModelChoice) -> bool {
        choice.priority.unwrap_or(self.priority) == RoutePriority::Local
    }

    fn is_local(&self, target: &RouteTarget) -> bool {
        self.local.contains(&target.provider)
    }

    fn provider(&self, text: &str) -> Result<&Name, String> {
        self.usual.keys().find(|name| name.as_str() == text).ok_or_else(|| {
            format!("There is no provider '{}' here. There are: {}.", shown(text), self.providers())
        })
    }

    fn providers(&self) -> String {
        self.usual.keys().map(Name::as_str).collect::<Vec<_>>().join(", ")
    }

    fn usual_of(&self, provider: &str) -> Result<RouteTarget, String> {
        let name = self.provider(provider)?;
        let model = self.usual.get(name).cloned().flatten();
        let nameless =
            || format!("Name a model of '{name}' with --model: it has none that is taken by itself.");
        Ok(RouteTarget { provider: name.clone(), model: model.ok_or_else(nameless)? })
    }

    fn model_of(provider: &Name, model: &str) -> Result<RouteTarget, String> {
        let model = model.parse().map_err(|_| format!("'{}' is no name of a model.", shown(model)))?;
        Ok(RouteTarget { provider: provider.clone(), model })
    }

    /// A model by `provider/model`, or by the name under which a provider lists it.
    fn named(&self, text: &str) -> Result<RouteTarget, String> {
        let (provider, model) = text.split_once('/').unzip();
        let provider = provider.and_then(|provider| self.provider(provider).ok());
        // What names a provider means that provider, whoever else lists a model of this name; but one that can be asked
        // goes before one that lacks something.
        if let Some((provider, model)) = provider.zip(model)
            && !self.lacks.contains_key(provider)
        {
            return Self::model_of(provider, model);
        }
        if let Some(listed) = self.listed.iter().find(|listed| listed.model.as_str() == text) {
            return Ok(listed.clone());
        }
        if let Some((provider, model)) = provider.zip(model) {
            return Self::model_of(provider, model);
        }
        if self.usual.keys().any(|provider| provider.as_str() == text) {
            return self.usual_of(text);
        }
        Err(format!(
            "No provider lists a model '{}'. Write it as provider/model; providers are: {}. `divisi models` lists models.",
            shown(text),
            self.providers()
        ))
    }

    /// The crew with its models: those of the task, else those that its author chose, else those of the process. What is done
    /// on a machine of one's own is given more time, where the crew's author says nothing of it.
    #[must_use]
    pub fn apply(&self, shared: Arc<Crew>, choice: &ModelChoice) -> Arc<Crew> {
        let crew = self.routed(shared, choice);
        let stages = patience::stages(&crew, &self.own);
        if stages == crew.limits.stage_millis {
            return crew;
        }
        let mut crew = Arc::unwrap_or_clone(crew);
        crew.limits.stage_millis = stages;
        Arc::new(crew)
    }

    fn routed(&self, shared: Arc<Crew>, choice: &ModelChoice) -> Arc<Crew> {
        let here = self.stays_here(choice);
        if choice.models.is_empty() && shared.routed && here {
            return Arc::new(self.kept_here(Arc::unwrap_or_clone(shared)));
        }
        if choice.models.is_empty() && (shared.routed || self.routes == Routes::default()) {
            return shared;
        }
        let mut crew = Arc::unwrap_or_clone(shared);
        if !choice.models.is_empty() {
            for agent in &mut crew.agents {
                agent.route.clear();
            }
        }
        let priority = choice.priority.unwrap_or(self.priority);
        for purpose in Purpose::ALL {
            let route = match choice.models.as_slice() {
                [] => self.targets(purpose, priority),
                chosen => chosen.to_vec(),
            };
            if !route.is_empty() {
                crew.routes.insert(purpose, route);
            }
        }
        Arc::new(crew)
    }

    /// The crew without the models of its routes that are elsewhere; a route of such models alone stays as it is, for
    /// [`Self::lack_of`] to tell.
    fn kept_here(&self, mut crew: Crew) -> Crew {
        let own = crew.agents.iter_mut().map(|agent| &mut agent.route);
        for route in crew.routes.values_mut().chain(own) {
            if route.iter().any(|target| self.is_local(target)) {
                route.retain(|target| self.is_local(target));
            }
        }
        crew
    }

    fn targets(&self, purpose: Purpose, priority: RoutePriority) -> Vec<RouteTarget> {
        let here = |target: &divisi_llm::policy::RouteTarget| {
            priority != RoutePriority::Local || self.local.contains(&target.provider)
        };
        let targets = self.routes.targets_where(purpose, priority, here);
        let target = |target: &divisi_llm::policy::RouteTarget| RouteTarget {
            provider: target.provider.clone(),
            model: target.model.clone(),
        };
        targets.iter().map(target).collect()
    }
}

/// At most so much of what somebody wrote.
fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use divisi_llm::policy::{RouteEntry, RouteTarget as Configured};

    use super::*;
    use crate::crew::shipped;

    fn configured(model: &'static str) -> Configured {
        Configured {
            provider: Name::from_static("p"),
            model: Name::from_static(model),
            key: Name::from_static("k"),
            price: None,
            input_tokens_max: 1,
            output_tokens_max: 1,
            thought_tokens: 0,
        }
    }

    fn routing() -> Routing {
        let entry =
            |purpose, priority, model| RouteEntry { purpose, priority, targets: vec![configured(model)] };
        let routes = Routes::new(vec![
            entry(None, None, "any"),
            entry(None, Some(RoutePriority::Cheap), "small"),
            entry(Some(Purpose::Review), None, "judge"),
        ]);
        let usual = [("p", Some("any")), ("bare", None), ("one", Some("its"))];
        let name = Name::from_static;
        let usual = usual.map(|(provider, model)| (name(provider), model.map(name)));
        let listed = ["org/model:7b", "p/x", "bare/y"];
        let mut listed = listed.map(|model| RouteTarget { provider: name("q"), model: name(model) }).to_vec();
        listed.push(RouteTarget { provider: name("one"), model: name("its") });
        Routing {
            routes: routes.unwrap(),
            priority: RoutePriority::Best,
            usual: usual.into(),
            lacks: [(name("bare"), "Set BARE_KEY.".to_owned())].into(),
            listed,
            only_listed: [name("one")].into(),
            local: [name("extractive"), name("here")].into(),
            own: [name("here")].into(),
            nobody: None,
        }
    }

    fn models(crew: &Crew) -> [String; 2] {
        [Purpose::Work, Purpose::Review].map(|purpose| crew.route(purpose, None)[0].model.to_string())
    }

    #[test]
    fn the_task_then_the_crew_then_the_process_chooses() {
        let unrouted = shipped()[0].parse().unwrap();
        assert!(!unrouted.routed);
        let routed = Crew { routed: true, ..unrouted.clone() };
        let asked = RouteTarget { provider: Name::from_static("p"), model: Name::from_static("asked") };
        let choice = |models: &[RouteTarget], priority| ModelChoice { models: models.to_vec(), priority };
        let own = "extractive-1";
        let rows = [
            (&unrouted, choice(&[], None), ["any", "judge"]),
            (&unrouted, choice(&[], Some(RoutePriority::Cheap)), ["small", "judge"]),
            (&unrouted, choice(std::slice::from_ref(&asked), None), ["asked", "asked"]),
            (&routed, choice(&[], Some(RoutePriority::Cheap)), [own, own]),
            (&routed, choice(std::slice::from_ref(&asked), None), ["asked", "asked"]),
        ];
        for (crew, choice, expected) in rows {
            let crew = routing().apply(Arc::new(crew.clone()), &choice);
            assert_eq!(models(&crew), expected, "{choice:?}");
        }
        let kept = Routing::default().apply(Arc::new(unrouted), &ModelChoice::default());
        assert_eq!(models(&kept), [own, own], "without routes the offline provider stays");
    }

    /// What may not leave this machine does not: neither for want of a model here, nor by a purpose's own route, nor by
    /// the crew's author.
    #[test]
    fn a_task_that_stays_here_goes_to_nobody_else() {
        let target = |provider, model| RouteTarget {
            provider: Name::from_static(provider),
            model: Name::from_static(model),
        };
        let (away, here) = (target("p", "any"), target("here", "small"));
        let unrouted: Crew = shipped()[0].parse().unwrap();
        let routed = |route: &[RouteTarget]| {
            let routes = Purpose::ALL.map(|purpose| (purpose, route.to_vec()));
            Crew { routed: true, routes: routes.into(), ..unrouted.clone() }
        };
        let local = |models: &[RouteTarget]| ModelChoice {
            models: models.to_vec(),
            priority: Some(RoutePriority::Local),
        };
        let own = "extractive-1";
        let rows = [
            (unrouted.clone(), local(&[]), [own, own], None),
            (routed(&[away.clone(), here.clone()]), local(&[]), ["small", "small"], None),
            (routed(std::slice::from_ref(&away)), local(&[]), ["any", "any"], Some("'p/any' is not on it")),
            (unrouted.clone(), local(std::slice::from_ref(&here)), ["small", "small"], None),
            (
                unrouted.clone(),
                local(std::slice::from_ref(&away)),
                ["any", "any"],
                Some("'p/any' is not on it"),
            ),
        ];
        for (crew, choice, expected, refused) in rows {
            let crew = routing().apply(Arc::new(crew), &choice);
            assert_eq!(models(&crew), expected, "{choice:?}");
            let lack = routing().lack_of(&crew, &choice);
            match refused {
                Some(refused) => {
                    assert!(lack.as_ref().is_some_and(|lack| lack.contains(refused)), "{lack:?}");
                }
                None => assert_eq!(lack, None, "{choice:?}"),
            }
        }
        let by_setting = Routing { priority: RoutePriority::Local, ..routing() };
        let crew = by_setting.apply(Arc::new(unrouted), &ModelChoice::default());
        assert_eq!(models(&crew), [own, own], "the setting means the same");
    }

    /// Whoever says with what it is to be done, be it offline, is not held up by a service that lacks something.
    #[test]
    fn what_is_left_to_us_is_not_done_offline_where_a_named_service_lacks_something() {
        let routing = Routing { nobody: Some("Set BARE_KEY.".to_owned()), ..Routing::default() };
        let unrouted: Crew = shipped()[0].parse().unwrap();
        let routed = Crew { routed: true, ..unrouted.clone() };
        let offline = RouteTarget {
            provider: Name::from_static("extractive"),
            model: Name::from_static("extractive-1"),
        };
        let choice = |models: &[RouteTarget], priority| ModelChoice { models: models.to_vec(), priority };
        let rows = [
            (&unrouted, choice(&[], None), true),
            (&unrouted, choice(&[], Some(RoutePriority::Cheap)), true),
            (&unrouted, choice(&[], Some(RoutePriority::Local)), false),
            (&unrouted, choice(&[offline], None), false),
            (&routed, choice(&[], None), false),
        ];
        let routing = Routing { local: [Name::from_static("extractive")].into(), ..routing };
        for (crew, choice, told) in rows {
            let crew = routing.apply(Arc::new(crew.clone()), &choice);
            let lack = routing.lack_of(&crew, &choice);
            assert_eq!(lack, told.then(|| "Set BARE_KEY.".to_owned()), "{choice:?}");
        }
    }

    /// A server that answers for any name is asked for what it lists, whoever chose the model.
    #[test]
    fn a_crew_whose_models_are_others_than_it_says_is_told() {
        let unrouted: Crew = shipped()[0].parse().unwrap();
        for (models, told) in [(vec!["its"], false), (vec!["gpt-5"], true), (vec!["gpt-5", "its"], false)] {
            let provider = Name::from_static("one");
            let target = |model: &&'static str| RouteTarget {
                provider: provider.clone(),
                model: Name::from_static(model),
            };
            let route: Vec<RouteTarget> = models.iter().map(target).collect();
            let routes = Purpose::ALL.map(|purpose| (purpose, route.clone()));
            let crew = Crew { routed: true, routes: routes.into(), ..unrouted.clone() };
            let lack = routing().lack_of(&crew, &ModelChoice::default());
            assert_eq!(lack.is_some_and(|lack| lack.contains("'gpt-5'")), told, "{models:?}");
        }
    }

    #[test]
    fn models_are_named_as_people_name_them() {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let rows = [
            ("", "", Ok("")),
            ("p", "", Ok("p/any")),
            ("p", "x", Ok("p/x")),
            ("p", "p/x", Ok("p/x")),
            ("", "p/x/y", Ok("p/x/y")),
            ("", "p/x", Ok("p/x")),
            ("", "bare/y", Ok("q/bare/y")),
            ("", "p", Ok("p/any")),
            ("", "org/model:7b", Ok("q/org/model:7b")),
            ("bare", "", Err("Name a model of 'bare'")),
            ("bare", "x", Err("Set BARE_KEY.")),
            ("nobody", "", Err("There are: bare, one, p.")),
            ("", "x", Err("provider/model; providers are: bare, one, p.")),
            ("", "one/its", Ok("one/its")),
            ("one", "", Ok("one/its")),
            ("", "one/gpt-5", Err("'one' has no model 'gpt-5'")),
            ("one", "gpt-5", Err("one that it has: its.")),
            ("", "other/x", Err("No provider lists a model 'other/x'")),
            ("p", "two words", Err("is no name of a model")),
        ];
        for (provider, model, expected) in rows {
            let asked = Asked { model: text(model), provider: text(provider), priority: None };
            let shown = |target: &RouteTarget| format!("{}/{}", target.provider, target.model);
            let chosen =
                routing().choose(&asked).map(|choice| choice.models.first().map(shown).unwrap_or_default());
            match expected {
                Ok(expected) => assert_eq!(chosen.as_deref(), Ok(expected), "{provider} {model}"),
                Err(expected) => assert!(chosen.as_ref().unwrap_err().contains(expected), "{chosen:?}"),
            }
        }
    }
}
