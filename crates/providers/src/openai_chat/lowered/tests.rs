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
