use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;

use super::*;

type Change = fn(&mut Traits);

fn said(words: &str) -> Said {
    Said { message: words.to_owned(), ..Said::default() }
}

fn learn(
    lowered: &Lowered,
    model: &Name,
    (traits, known): (&Traits, &Traits),
    (class, words): (FailureClass, &str),
) -> ProviderError {
    let refused = Refused { model, traits, known, said: &said(words) };
    lowered.learn(&refused, ProviderError::new(class, format!("'{model}' by 'tools' does not take it.")))
}

const TOO_LARGE: &str = "max_tokens is too large: 8000. This model supports at most 4096 completion tokens, whereas you provided 8000.";

#[test]
fn what_is_refused_is_said_in_another_way() {
    let capable = Traits { effort: Effort::Low, ..Traits::capable() };
    let model = Name::from_static("m");
    let rows: &[(&str, Change)] = &[
        ("Unrecognized request argument: stream_options", |traits| traits.streams_usage = false),
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            |traits| traits.limit_field = LimitField::MaxCompletionTokens,
        ),
        (TOO_LARGE, |traits| traits.output_tokens_max = Some(4096)),
        ("max_tokens must be less than or equal to 512", |traits| traits.output_tokens_max = Some(512)),
        ("temperature does not support 0.2", |traits| traits.temperature = false),
        ("Unrecognized request argument supplied: reasoning_effort", |traits| traits.effort = Effort::Usual),
        ("response_format type json_schema is unavailable", |traits| {
            traits.schema_mode = SchemaMode::JsonObjectHinted;
        }),
        ("this model does not support tools", |traits| traits.tool_mode = ToolMode::ByJson),
        ("System role not supported", |traits| traits.system_role = SystemRole::InUser),
    ];
    for (words, change) in rows {
        let lowered = Lowered::default();
        let told = learn(&lowered, &model, (&capable, &capable), (FailureClass::BadRequest, words));
        let asked_again = (FailureClass::Overloaded, Some(Usage::default()));
        assert_eq!((told.class, told.usage), asked_again, "{words}");
        let mut expected = capable;
        change(&mut expected);
        assert_eq!(lowered.of(&model), Some(expected), "{words}");
    }
}

#[test]
fn what_is_told_in_words_too_is_refused_as_what_is_not() {
    let known = Traits { schema_mode: SchemaMode::JsonSchemaHinted, ..Traits::capable() };
    let (lowered, model) = (Lowered::default(), Name::from_static("m"));
    let refusal = (FailureClass::BadRequest, "response_format type json_schema is unavailable");
    learn(&lowered, &model, (&known, &known), refusal);
    let expected = Traits { schema_mode: SchemaMode::JsonObjectHinted, ..known };
    assert_eq!(lowered.of(&model), Some(expected));
}

/// However often a server says the same, there is an end of what is tried.
#[test]
fn every_refusal_runs_out_of_other_ways() {
    let model = Name::from_static("m");
    let rows = [
        ("no json_schema here", 3),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", 1),
        (TOO_LARGE, 1),
        ("max_tokens must be an integer", 0),
        ("Unknown field reasoning_effort", 1),
        ("tools, temperature, response_format, stream_options", 1),
        ("the developer role is unknown", 1),
    ];
    let known = Traits { effort: Effort::Low, ..Traits::capable() };
    for (words, ways) in rows {
        let (lowered, mut traits, mut taken) = (Lowered::default(), known, 0);
        while learn(&lowered, &model, (&traits, &known), (FailureClass::BadRequest, words)).class
            == FailureClass::Overloaded
        {
            traits = lowered.of(&model).unwrap();
            taken += 1;
            assert!(taken < 10, "{words}");
        }
        assert_eq!(taken, ways, "{words}");
    }
}

#[test]
fn other_failures_teach_nothing() {
    let capable = Traits::capable();
    for (model, class, words) in [
        ("m", FailureClass::Unauthorized, "tools need another key"),
        ("m", FailureClass::RateLimited, "too many tool calls"),
        ("m", FailureClass::BadRequest, "the moon is full"),
        ("llama3-groq-tool-use", FailureClass::BadRequest, "Llama3-groq-tool-use is not happy"),
    ] {
        let (lowered, model) = (Lowered::default(), Name::from_static(model));
        let told = learn(&lowered, &model, (&capable, &capable), (class, words));
        assert_eq!((told.class, lowered.of(&model)), (class, None), "{words}");
    }
}

/// A refusal in the midst of an answer may be charged.
#[test]
fn what_was_generated_is_not_free() {
    let (lowered, model, capable) = (Lowered::default(), Name::from_static("m"), Traits::capable());
    let words = said("no tools here");
    let refused = Refused { model: &model, traits: &capable, known: &capable, said: &words };
    let cut =
        ProviderError { generated: true, ..ProviderError::new(FailureClass::BadRequest, String::new()) };
    assert_eq!(lowered.learn(&refused, cut).usage, None);
}

/// Only what was held to a schema, never came to its end, and is not bounded yet.
#[test]
fn an_answer_that_ran_away_is_bounded_next_time() {
    let capable = Traits::capable();
    let bounded = Traits { lengths: Lengths::Bounded, ..capable };
    let small = Traits { context_tokens: Some(4_096), ..capable };
    let small_bounded = Traits { lengths: Lengths::Bounded, ..small };
    let prompted = Traits { schema_mode: SchemaMode::Prompted, ..capable };
    let runaway = format!("{{\"id\":\"{}", "1".repeat(300));
    let rows = [
        (capable, runaway.as_str(), FinishReason::Length, Some(bounded)),
        (capable, runaway.as_str(), FinishReason::Stop, None),
        (capable, "{\"id\":\"1\",\"a\":[", FinishReason::Length, None),
        (small, "{\"id\":\"1\",\"a\":[", FinishReason::Length, Some(small_bounded)),
        (prompted, runaway.as_str(), FinishReason::Length, None),
        (bounded, runaway.as_str(), FinishReason::Length, None),
    ];
    for (traits, text, finish, expected) in rows {
        let (lowered, model) = (Lowered::default(), Name::from_static("m"));
        let response = Response { finish, ..Response::new(text.to_owned(), Vec::new(), None, model.clone()) };
        lowered.watch(&model, &traits, &response);
        assert_eq!(lowered.of(&model), expected, "{traits:?} {finish:?}");
    }
}

/// A call that was made as is known by now, and what came of it: `true` an answer, `false` a server that fails.
fn call(lowered: &Lowered, model: &Name, answered: bool) -> Coming {
    let capable = Traits { context_tokens: Some(8_192), ..Traits::capable() };
    let traits = lowered.of(model).unwrap_or(capable);
    if answered {
        let response = Response::new("{}".to_owned(), Vec::new(), None, model.clone());
        lowered.watch(model, &traits, &response);
    } else {
        learn(lowered, model, (&traits, &capable), (FailureClass::Overloaded, "internal error"));
    }
    traits.coming
}

/// Only where no stream ever came to its end, and the same is answered whole again and again.
#[test]
fn streams_that_never_come_are_asked_for_no_more() {
    use Coming::{Streamed, Whole};
    let (lowered, model) = (Lowered::default(), Name::from_static("m"));
    for turn in 1..=3 {
        assert_eq!(
            (call(&lowered, &model, false), call(&lowered, &model, true)),
            (Streamed, Whole),
            "{turn}"
        );
    }
    let rest = [true, true, false, true].map(|answered| call(&lowered, &model, answered));
    assert_eq!(rest, [Whole; 4], "also where a whole answer fails");
    let refused = (FailureClass::BadRequest, "temperature is not supported");
    let traits = lowered.of(&model).unwrap();
    learn(&lowered, &model, (&traits, &traits), refused);
    let lower = lowered.of(&model).unwrap();
    assert_eq!(
        (lower.coming, lower.temperature),
        (Whole, false),
        "what else is learnt changes nothing of it"
    );
}

#[test]
fn a_service_with_a_bad_minute_goes_on_streaming() {
    use Coming::{Streamed, Whole};
    let rows: [(&[bool], &[Coming]); 3] = [
        // A stream has come: what fails later is no fault of streams.
        (&[true, false, false, false, true], &[Streamed; 5]),
        // Whole answers fail as well.
        (&[false, false, false, false, true], &[Streamed, Whole, Streamed, Whole, Streamed]),
        (
            &[false, true, false, true, true, false, true, false],
            &[Streamed, Whole, Streamed, Whole, Streamed, Streamed, Streamed, Streamed],
        ),
    ];
    for (answered, expected) in rows {
        let (lowered, model) = (Lowered::default(), Name::from_static("m"));
        let asked: Vec<Coming> = answered.iter().map(|answered| call(&lowered, &model, *answered)).collect();
        assert_eq!(asked, expected, "{answered:?}");
    }
}

/// Of calls beside each other that fail in one moment and are all answered whole, one turn is counted.
#[test]
fn what_fails_in_one_moment_counts_once() {
    let (lowered, model) = (Lowered::default(), Name::from_static("m"));
    let capable = Traits::capable();
    for _ in 0..8 {
        learn(&lowered, &model, (&capable, &capable), (FailureClass::Overloaded, "internal error"));
    }
    let whole = lowered.of(&model).unwrap();
    assert_eq!(whole.coming, Coming::Whole);
    for _ in 0..8 {
        let response = Response::new("{}".to_owned(), Vec::new(), None, model.clone());
        lowered.watch(&model, &whole, &response);
    }
    assert_eq!(lowered.of(&model).unwrap().coming, Coming::Streamed);
}

/// What never left, was asked too often or took too long says nothing of streams.
#[test]
fn other_failures_are_not_those_of_streams() {
    let (capable, model) = (Traits::capable(), Name::from_static("m"));
    for (class, sent) in [
        (FailureClass::Connection, false),
        (FailureClass::RateLimited, true),
        (FailureClass::TimedOut, true),
        (FailureClass::Unauthorized, true),
    ] {
        let lowered = Lowered::default();
        let words = said("no");
        let refused = Refused { model: &model, traits: &capable, known: &capable, said: &words };
        lowered.learn(&refused, ProviderError { sent, ..ProviderError::new(class, String::new()) });
        assert_eq!(lowered.of(&model), None, "{class:?}");
    }
}
