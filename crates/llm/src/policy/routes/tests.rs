use super::*;

fn target(model: &str) -> RouteTarget {
    RouteTarget {
        provider: Name::from_static("p"),
        model: model.parse().unwrap(),
        key: Name::from_static("k"),
        price: None,
        input_tokens_max: 1_000,
        output_tokens_max: 100,
        thought_tokens: 0,
    }
}

fn entry(purpose: Option<Purpose>, priority: Option<RoutePriority>, models: &[&str]) -> RouteEntry {
    RouteEntry { purpose, priority, targets: models.iter().map(|model| target(model)).collect() }
}

#[test]
fn the_most_particular_route_serves() {
    use Purpose::{Analyse, Review, Work};
    use RoutePriority::{Best, Cheap, Local};
    let routes = Routes::new(vec![
        entry(None, None, &["any", "spare"]),
        entry(None, Some(Cheap), &["cheap"]),
        entry(Some(Work), None, &["work"]),
        entry(Some(Work), Some(Local), &["work-local"]),
    ])
    .unwrap();
    let rows = [
        (Analyse, Best, "any"),
        (Analyse, Cheap, "cheap"),
        (Review, Local, "any"),
        (Work, Best, "work"),
        (Work, Cheap, "work"),
        (Work, Local, "work-local"),
    ];
    for (purpose, priority, model) in rows {
        let found = routes.targets(purpose, priority).first().unwrap();
        assert_eq!(found.model.as_str(), model, "{purpose:?} {priority:?}");
    }
    assert!(Routes::default().targets(Work, Best).is_empty());
}

#[test]
fn every_defect_comes_at_once() {
    let mut deaf = entry(Some(Purpose::Work), None, &["a"]);
    deaf.targets[0].input_tokens_max = 0;
    let errors = Routes::new(vec![
        entry(None, None, &[]),
        entry(None, None, &["a", "b", "c", "d"]),
        entry(None, Some(RoutePriority::Best), &["a", "b", "a"]),
        deaf,
    ])
    .unwrap_err();
    let sentences: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let parts = [
        "Route 1 has no targets",
        "Route 2 has 4",
        "Route 2 is for the same",
        "names p/a twice",
        "limit of 0",
    ];
    assert_eq!(sentences.len(), parts.len(), "{sentences:?}");
    for (sentence, part) in sentences.iter().zip(parts) {
        assert!(sentence.contains(part), "{sentence}");
    }
}

#[test]
fn a_purpose_without_a_route_is_named() {
    let errors = Routes::new(vec![entry(Some(Purpose::Work), None, &["a"])]).unwrap_err();
    assert_eq!(errors.len(), Purpose::ALL.len() - 1);
    assert_eq!(errors[0], RouteError::Unserved { purpose: Purpose::Analyse });
}
