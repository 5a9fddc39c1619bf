use super::*;
use crate::extractive::wording::Mend;

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("claim {at}")).collect()
}

/// Ten sound claims on two aspects.
fn sound() -> Measures {
    Measures {
        aspects: vec!["fees".to_owned(), "dates".to_owned()],
        claims: 10,
        claim_words: 200,
        summary_words: 5,
        ..Measures::default()
    }
}

fn overall(measures: &Measures) -> f64 {
    verdict(measures).overall_score.unwrap()
}

#[test]
fn each_fault_costs_the_acceptance_and_names_what_to_mend() {
    let rows: [(&str, Measures, f64, Mend); 9] = [
        ("a wrong span", Measures { wrong: texts(1), ..sound() }, 7.0, Mend::WrongSpan),
        ("an uncited claim", Measures { uncited: texts(1), ..sound() }, 7.0, Mend::Uncited),
        ("an unsupported claim", Measures { unsupported: texts(1), ..sound() }, 7.0, Mend::Unsupported),
        ("half off topic", Measures { off_topic: texts(5), ..sound() }, 7.0, Mend::OffTopic),
        ("all off topic", Measures { off_topic: texts(10), ..sound() }, 5.0, Mend::OffTopic),
        ("half said twice", Measures { repeated: texts(5), ..sound() }, 5.0, Mend::Repeated),
        ("both aspects open", Measures { open: texts(2), ..sound() }, 7.0, Mend::Missing),
        ("a padded summary", Measures { summary_words: 300, ..sound() }, 7.0, Mend::Shorten),
        ("nothing at all", Measures { claims: 0, ..sound() }, 5.0, Mend::Nothing),
    ];
    for (name, measures, below, mend) in rows {
        let review = verdict(&measures);
        assert!(overall(&measures) < below, "{name}: {:?}", review.overall_score);
        let asked: Vec<Option<Mend>> = review.revision_requests.iter().map(|one| Mend::of(one)).collect();
        assert!(asked.contains(&Some(mend)), "{name}: {asked:?}");
        assert_eq!(review.feedback, review.revision_requests.join(" "), "{name}");
    }
}

#[test]
fn a_sound_solution_has_nothing_to_mend() {
    let review = verdict(&sound());
    assert!((overall(&sound()) - 10.0).abs() < 1e-9);
    assert!(review.revision_requests.is_empty());
    assert_eq!(review.feedback, "Nothing to mend.");
    assert_eq!(review.recommendation.as_deref(), Some("accept"));
    assert_eq!(review.strengths.len(), 2);
}

#[test]
fn to_find_nothing_is_right_where_it_is_said() {
    let said = Measures { claims: 0, states_gaps: true, ..sound() };
    assert!((7.0..9.0).contains(&overall(&said)));
    assert!(verdict(&said).strengths.is_empty());
    let padded = Measures { summary_words: 300, ..said.clone() };
    assert!(overall(&padded) < 7.0);
    let wrong = Measures { wrong: texts(1), ..said };
    assert!(overall(&wrong) < 7.0);
}

#[test]
fn more_of_a_fault_never_scores_higher() {
    let with = |count: usize| {
        [
            Measures { off_topic: texts(count), ..sound() },
            Measures { repeated: texts(count), ..sound() },
            Measures { unsupported: texts(count), ..sound() },
            Measures { uncited: texts(count), ..sound() },
            Measures { claim_words: 200 + 200 * count, ..sound() },
        ]
    };
    for count in 0..10 {
        for (less, more) in with(count).iter().zip(&with(count + 1)) {
            assert!(overall(more) <= overall(less), "{less:?} {more:?}");
        }
    }
}

#[test]
fn feedback_names_some_and_by_their_first_words() {
    let long: Vec<String> = (0..9).map(|at| format!("claim {at}{}", " word".repeat(30))).collect();
    let request = verdict(&Measures { off_topic: long, ..sound() }).revision_requests.remove(0);
    assert_eq!(request.matches('“').count(), 5, "{request}");
    assert!(request.split(", ").all(|item| item.split_whitespace().count() < 25), "{request}");
}
