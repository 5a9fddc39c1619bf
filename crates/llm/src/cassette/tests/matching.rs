use super::super::{Cassette, KeptRoom, Miss, SHOWN_CHARS_MAX};
use super::*;

const PATH: &str = "p1/execute/s3/cycle1/turn2/model";

/// A request and how it is changed.
type Changed = fn(&mut Request);
/// Attempts: the number, whether the request was another, and what came.
type Recorded = Vec<(u16, bool, Said)>;

fn user(request: &mut Request, text: &str) {
    request.messages[0] = Message::User { text: text.to_owned() };
}

#[test]
fn a_miss_names_the_first_part_that_differs() {
    let rows: [(&str, Changed); 16] = [
        ("the purpose was 'work' and is 'review' now", |request| request.purpose = Purpose::Review),
        (
            "the system prompt differs in line 2: it was “Be exact.” and is “Be quick.” now",
            |request| request.system = "You work.\nBe quick.".into(),
        ),
        ("the system prompt differs in line 3: it was at its end and is “More.” now", |request| {
            request.system = format!("{}\nMore.", request.system).into();
        }),
        ("message 1 of 3 differs in line 2: it was “Of 2024.” and is “Of 2025.” now", |request| {
            user(request, "Which tax?\nOf 2025.");
        }),
        ("message 1 of 3 differs in line 2: it was “Of 2024.” and is at its end now", |request| {
            user(request, "Which tax?");
        }),
        ("message 2 of 3 was the model's and is a tool's now", |request| {
            request.messages.remove(1);
            request.messages.push(Message::User { text: "x".to_owned() });
        }),
        ("the list of tool calls of message 2 of 3 differs in line 4: it was “      \"a\": 0.", |request| {
            if let Message::Assistant { tool_calls, .. } = &mut request.messages[1] {
                tool_calls[0].arguments = json!({"z": 1, "a": 0.5});
            }
        }),
        ("message 3 of 3, the result of read_span, differs in line 1", |request| {
            if let Message::Tool { content, .. } = &mut request.messages[2] {
                *content = "{\"text\": \"7 %\"}".to_owned();
            }
        }),
        ("the success of message 3 of 3 was 'yes' and is 'no' now", |request| {
            if let Message::Tool { ok, .. } = &mut request.messages[2] {
                *ok = false;
            }
        }),
        ("there were 3 messages and are 2 now, the first of them equal", |request| {
            request.messages.pop();
        }),
        ("the tool list was “read_span” and is “empty” now", |request| request.tools.clear()),
        ("the description of the tool read_span differs in line 1", |request| {
            request.tools[0].description.clear();
        }),
        ("the schema of the answer differs in line 3: it was “    \"summary\"”", |request| {
            request.schema = json!({"type": "object", "required": ["answer"]}).into();
        }),
        ("the temperature (in hundredths) was '30' and is '0' now", |request| {
            request.sampling.temperature_hundredths = 0;
        }),
        ("the output limit (in tokens) was '500' and is '400' now", |request| {
            request.sampling.output_tokens_max = 400;
        }),
        ("the model was 'gpt-x' and is 'gpt-y' now", |request| request.model = name("gpt-y")),
    ];
    let cassette = Cassette::new([exchange(PATH, 1, &request(), &answer("{}"))]);
    for (says, change) in rows {
        let mut asked = request();
        change(&mut asked);
        let miss = cassette.find(&place(PATH, 1), &name("openai"), &kept(&asked)).unwrap_err();
        let error = miss.error();
        assert!(error.message.contains(says), "{says}\n{}", error.message);
        assert!(error.message.contains(PATH) && error.message.contains("--record"), "{}", error.message);
        assert_eq!((error.class, error.sent), (FailureClass::BadRequest, false));
    }
    let other = cassette.find(&place(PATH, 1), &name("gemini"), &kept(&request())).unwrap_err();
    assert!(other.to_string().contains("the provider was 'openai' and is 'gemini' now"), "{other}");
}

#[test]
fn both_texts_are_cut_around_what_differs() {
    let long = |word: &str| format!("{}{word}{}", "å".repeat(200), "x".repeat(200));
    let (mut recorded, mut asked) = (request(), request());
    user(&mut recorded, &long("old"));
    user(&mut asked, &long("new"));
    let cassette = Cassette::new([exchange(PATH, 1, &recorded, &answer("{}"))]);
    let miss = cassette.find(&place(PATH, 1), &name("openai"), &kept(&asked)).unwrap_err().to_string();
    assert!(miss.contains("åold") && miss.contains("ånew"), "{miss}");
    for shown in miss.split('“').skip(1).map(|rest| rest.split('”').next().unwrap()) {
        assert!(shown.chars().count() <= SHOWN_CHARS_MAX + 2, "{shown}");
    }
}

#[test]
fn a_path_that_was_not_recorded_names_those_that_are_near() {
    let paths =
        ["p1/analyse", "p1/select", "p1/execute/s3/cycle0/turn1/model", "p2/execute/s3/cycle1/turn2/model"];
    let cassette = Cassette::new(paths.map(|path| exchange(path, 1, &request(), &answer("{}"))));
    let find = |path| cassette.find(&place(path, 1), &name("openai"), &kept(&request())).unwrap_err();
    let Miss::NoPath { nearest, .. } = find("p1/execute/s3/cycle1/turn2/model") else { panic!() };
    assert_eq!(nearest[0], "p1/execute/s3/cycle0/turn1/model");
    let said = find("p1/coordinate").to_string();
    assert!(said.contains("no call at p1/coordinate, attempt 1; the nearest are p1/"), "{said}");
    let empty = Cassette::default();
    let miss = empty.find(&place("p1/analyse", 1), &name("openai"), &kept(&request())).unwrap_err();
    assert!(miss.to_string().contains("and is empty"), "{miss}");
}

/// Of attempts as they were recorded, with `u` for another request: which one answers the asked attempt.
#[test]
fn attempts_that_are_counted_otherwise_find_their_exchange() {
    let other = || Request { model: name("gpt-y"), ..request() };
    let failed = || failure(FailureClass::Overloaded);
    let ok = answer;
    let rows: [(&str, Recorded, u16, Option<u16>); 9] = [
        ("the same", vec![(1, false, failed()), (2, false, ok("b"))], 1, Some(1)),
        ("the same", vec![(1, false, failed()), (2, false, ok("b"))], 2, Some(2)),
        ("the first was cut off", vec![(2, false, ok("b"))], 1, Some(2)),
        ("this one was cut off in the replay", vec![(1, false, ok("a"))], 2, Some(1)),
        ("failures alone", vec![(1, false, failed())], 2, None),
        ("an answer that the task never got", vec![(1, false, ok("a")), (2, false, ok("b"))], 1, Some(2)),
        ("an empty answer was seen", vec![(1, false, ok(" ")), (2, false, ok("b"))], 1, Some(1)),
        ("an answer to another request was seen", vec![(1, true, ok("a")), (2, false, ok("b"))], 1, Some(2)),
        ("counted from 2", vec![(2, true, ok("a")), (3, false, ok("b"))], 2, Some(3)),
    ];
    for (why, recorded, asked, found) in rows {
        let exchanges = recorded.iter().map(|(attempt, changed, outcome)| {
            let request = if *changed { other() } else { request() };
            exchange(PATH, *attempt, &request, outcome)
        });
        let cassette = Cassette::new(exchanges);
        let exchange = cassette.find(&place(PATH, asked), &name("openai"), &kept(&request()));
        assert_eq!(exchange.as_ref().ok().map(|exchange| exchange.place.attempt), found, "{why}");
        if let Err(miss) = exchange {
            assert!(miss.to_string().contains("attempt 1 at"), "{miss}");
        }
    }
}

#[test]
fn an_unknown_output_limit_fits_any() {
    let mut recorded = exchange(PATH, 1, &request(), &answer("{}"));
    recorded.request.sampling.output_tokens_max = None;
    let text = recorded.text().unwrap();
    let cassette = Cassette::new([Exchange::parse(&text).unwrap()]);
    assert!(cassette.find(&place(PATH, 1), &name("openai"), &kept(&request())).is_ok());
    let mut hotter = request();
    hotter.sampling.temperature_hundredths += 1;
    let miss = cassette.find(&place(PATH, 1), &name("openai"), &kept(&hotter)).unwrap_err().to_string();
    assert!(miss.contains("temperature"), "{miss}");
}

#[test]
fn a_cassette_names_who_was_asked() {
    let cassette = Cassette::new([exchange(PATH, 1, &request(), &answer("{}"))]);
    assert_eq!(cassette.providers().into_iter().collect::<Vec<_>>(), [name("openai")]);
    assert_eq!(cassette.models().into_iter().collect::<Vec<_>>(), [(name("openai"), name("gpt-x"))]);
}

/// The models of a purpose as its steps asked them, attempt by attempt; and the order that follows.
#[test]
fn routes_are_in_the_order_in_which_models_were_asked() {
    let rows: [(&[&[&str]], &[&str]); 6] = [
        (&[&["b"]], &["b"]),
        (&[&["b", "a"], &["b"]], &["b", "a"]),
        (&[&["z", "z", "m", "a"]], &["z", "m", "a"]),
        // A circuit was open: the first was passed over.
        (&[&["b", "a"], &["a"], &["a"], &["b"]], &["b", "a"]),
        (&[&["a"], &["c"], &["c", "b"], &["c"]], &["c", "a", "b"]),
        (&[], &[]),
    ];
    for (steps, order) in rows {
        let exchanges = steps.iter().zip(1..).flat_map(|(asked, step)| {
            asked.iter().zip(1..).map(move |(model, attempt)| {
                let request = Request { model: model.parse().unwrap(), ..request() };
                exchange(&format!("p1/execute/s{step}/cycle0/turn1/model"), attempt, &request, &answer("{}"))
            })
        });
        let other =
            exchange("p1/analyse", 1, &Request { purpose: Purpose::Analyse, ..request() }, &answer("{}"));
        let cassette = Cassette::new(exchanges.chain([other]));
        let routes = cassette.routes();
        let of = |purpose| -> Vec<String> {
            routes.get(&purpose).into_iter().flatten().map(|(_, model)| model.to_string()).collect()
        };
        assert_eq!(of(Purpose::Work), order, "{steps:?}");
        assert_eq!(of(Purpose::Analyse), ["gpt-x"], "each purpose has its own");
    }
}

#[test]
fn the_room_of_a_model_is_kept() {
    let room = KeptRoom { input_tokens_max: 3_072, output_tokens_max: 1_024, ..KeptRoom::UNLIMITED };
    let exchange = exchange(PATH, 1, &request(), &answer("{}")).within(Some(room));
    let read = Exchange::parse(&exchange.text().unwrap()).unwrap();
    let rooms = Cassette::new([read]).rooms();
    assert_eq!(rooms.get(&(name("openai"), name("gpt-x"))), Some(&room));
}
