use secrecy::SecretString;
use serde_json::Value;

use super::super::{HOME, KEY};
use super::*;

const KNOWN: &str = "correct-horse \"battery\"";

fn redaction() -> Redaction {
    let secrets = [KNOWN, "ollama", "none"].map(SecretString::from).into();
    Redaction::new(secrets, vec!["/srv/people/ann/".to_owned(), "/".to_owned(), String::new()])
}

/// Text, and what is left of it.
const ROWS: [(&str, &str); 27] = [
    ("key: correct-horse \"battery\".", "key: [key]."),
    ("as JSON: correct-horse \\\"battery\\\"", "as JSON: [key]"),
    ("ollama and none are words", "ollama and none are words"),
    ("sk-proj-Abc123Abc123Abc123", "[key]"),
    ("(sk-ant-api03-Zz9_Zz9-Zz9_Zz9-Zz9)", "([key])"),
    ("\\nsk-Abc123Abc123Abc123", "\\n[key]"),
    ("a line\nsk-Abc123Abc123Abc123\nanother", "a line\n[key]\nanother"),
    ("AIzaSyA1234567890abcdefghijk, gsk_abcdefgh12345678", "[key], [key]"),
    ("ghp_0123456789abcdefABCDEF", "[key]"),
    ("task-Abc123Abc123Abc123 is no key", "task-Abc123Abc123Abc123 is no key"),
    ("sk-learn-based-approach-of-2024", "sk-learn-based-approach-of-2024"),
    ("sk-1234", "sk-1234"),
    ("sk-AbcdefghijklmnopqrstuvW", "sk-AbcdefghijklmnopqrstuvW"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "[key]\nrest"),
    ("x -----BEGIN PRIVATE KEY-----\\nMIIE", "x [key]"),
    ("-----BEGIN CERTIFICATE-----\nMIIE", "-----BEGIN CERTIFICATE-----\nMIIE"),
    (
        "-----BEGIN CERTIFICATE----- then -----BEGIN EC PRIVATE KEY-----x",
        "-----BEGIN CERTIFICATE----- then [key]",
    ),
    ("/home/ann/tax.pdf", "[home]/tax.pdf"),
    ("\"/Users/ann.b\" and file:///home/ann", "\"[home]\" and file://[home]"),
    ("C:\\Users\\Ann\\tax and C:\\\\Users\\\\Ann\\\\tax", "C:[home]\\tax and C:[home]\\\\tax"),
    ("https://example.org/home/page", "https://example.org/home/page"),
    ("/var/home/ann and ./home/ann", "/var/home/ann and ./home/ann"),
    ("/home/ and /home", "/home/ and /home"),
    ("/home/ann/home/bob", "[home]/home/bob"),
    ("/srv/people/ann/x and /srv/people/anna", "[home]/x and /srv/people/anna"),
    ("åäö 日本 🦀", "åäö 日本 🦀"),
    ("", ""),
];

#[test]
fn keys_and_homes_go_and_the_rest_stays() {
    let redaction = redaction();
    for (text, clean) in ROWS {
        assert_eq!(redaction.text(text), clean, "{text}");
    }
}

/// A replayed answer goes into later prompts without what was taken out: they must be as the recorded ones are.
#[test]
fn taking_out_again_changes_nothing_wherever_the_text_stands() {
    let redaction = redaction();
    // A block that never ends takes with it what follows.
    let ends = |text: &str| !text.contains("PRIVATE KEY") || text.contains("-----END ");
    for (text, _) in ROWS.into_iter().filter(|(text, _)| ends(text)) {
        let clean = redaction.text(text);
        assert_eq!(redaction.text(&clean), clean, "{text}");
        let inside = |text: &str| json!({"content": format!("He said:\n{text}\nand left.")}).to_string();
        assert_eq!(redaction.text(&inside(text)), redaction.text(&inside(&clean)), "{text}");
    }
}

#[test]
fn names_of_fields_and_nested_texts_are_cleaned() {
    let mut value = json!({"sk-Abc123Abc123Abc123": [{"path": "/home/ann/x"}, 1, null, true]});
    redaction().value(&mut value);
    assert_eq!(value, json!({KEY: [{"path": format!("{HOME}/x")}, 1, null, true]}));
}

/// A key in any part of an exchange.
#[test]
fn a_key_reaches_no_file() {
    const SECRET: &str = "sk-proj-Abc123Abc123Abc123";
    let places: [fn(&mut Request); 6] = [
        |request| request.system = format!("{}{SECRET_LINE}", request.system).into(),
        |request| request.messages.push(Message::User { text: SECRET_LINE.to_owned() }),
        |request| {
            request.messages.push(Message::Tool {
                call_id: SECRET_LINE.to_owned(),
                tool: name("read_span"),
                content: SECRET_LINE.to_owned(),
                ok: false,
            });
        },
        |request| request.tools[0].description = SECRET_LINE.to_owned(),
        |request| request.schema = json!({"description": SECRET_LINE}).into(),
        |request| request.model = name(SECRET),
    ];
    let redaction = redaction();
    for change in places {
        let mut request = request();
        change(&mut request);
        let asked = KeptRequest::of(&request, &redaction).unwrap();
        let call = ToolCall { id: "c".to_owned(), tool: "t".to_owned(), arguments: json!([SECRET_LINE]) };
        let response = Response::new(SECRET_LINE.to_owned(), vec![call], None, name(SECRET));
        let failed = ProviderError::new(FailureClass::Unauthorized, SECRET_LINE.to_owned());
        // It is split over two pieces.
        let (first, second) = SECRET_LINE.split_at(12);
        let stream = [first.to_owned(), second.to_owned()];
        for outcome in [Ok(response), Err(failed)] {
            let at = place("p1/analyse", 1);
            let exchange =
                Exchange::new(at, &name("p"), asked.clone(), &stream, &outcome, &redaction).unwrap();
            let text = exchange.text().unwrap();
            assert!(text.contains(KEY) && !text.contains("Abc123") && !text.contains("horse"), "{text}");
            let read: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read["stream"], json!([format!(" {KEY} {KEY}")]));
            assert!(!format!("{exchange:?} {redaction:?}").contains("Abc123"));
        }
    }
}

const SECRET_LINE: &str = " sk-proj-Abc123Abc123Abc123 correct-horse \"battery\"";

/// A text of several lines is a list of them in the file: what lies over several of them goes all the same.
#[test]
fn a_block_of_a_private_key_reaches_no_file() {
    const BLOCK: &str = "The key:\n-----BEGIN RSA PRIVATE KEY-----\nMIIEbody1\nMIIEbody2\n-----END RSA PRIVATE KEY-----\nThat was it.";
    let lines = || json!(BLOCK.split('\n').collect::<Vec<_>>());
    let places: [fn(&mut Request); 4] = [
        |request| request.system = BLOCK.into(),
        |request| request.messages.push(Message::User { text: BLOCK.to_owned() }),
        |request| {
            request.messages.push(Message::Assistant { text: BLOCK.to_owned(), tool_calls: Vec::new() });
        },
        |request| {
            let (call_id, tool, content) = ("c".to_owned(), name("read_span"), BLOCK.to_owned());
            request.messages.push(Message::Tool { call_id, tool, content, ok: true });
        },
    ];
    let redaction = redaction();
    for change in places {
        let mut request = request();
        change(&mut request);
        let asked = KeptRequest::of(&request, &redaction).unwrap();
        let arguments = json!({"text": BLOCK, "lines": lines()});
        let call = ToolCall { id: "c".to_owned(), tool: "t".to_owned(), arguments };
        let response = Response::new(BLOCK.to_owned(), vec![call], None, name("m"));
        let failed = ProviderError::new(FailureClass::BadRequest, BLOCK.to_owned());
        let stream: Vec<String> = BLOCK.split_inclusive('\n').map(str::to_owned).collect();
        for outcome in [Ok(response), Err(failed)] {
            let at = place("p1/analyse", 1);
            let exchange =
                Exchange::new(at, &name("p"), asked.clone(), &stream, &outcome, &redaction).unwrap();
            let text = exchange.text().unwrap();
            assert!(text.contains(KEY) && text.contains("That was it."), "{text}");
            assert!(!text.contains("MIIE") && !text.contains("PRIVATE"), "{text}");
            assert_eq!(Exchange::parse(&text).unwrap(), exchange);
        }
    }
}
