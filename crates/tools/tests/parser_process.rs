//! Parsing in a child process: this program is its own child. Started with `parse-document` it is the real
//! parser, started with another word it misbehaves in one way.

#![expect(clippy::unwrap_used, reason = "a test program that brings its own harness")]

use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use divisi_tools::documents::child::{self, ParserPool, ProcessLimits};
use divisi_tools::documents::{Kind, ParseError, ParseLimits};
use libtest_mimic::{Arguments, Trial};

const MIB: u64 = 1024 * 1024;
const MIB_BYTES: usize = 1024 * 1024;

fn main() -> ExitCode {
    let mode = std::env::args().nth(1).unwrap_or_default();
    if let Some(code) = misbehave(&mode) {
        return code;
    }
    let tests: [(&str, fn()); 8] = [
        ("documents_come_through", documents_come_through),
        ("errors_come_through", errors_come_through),
        ("bad_files_are_one_sentence_and_the_others_go_on", bad_files_are_one_sentence_and_the_others_go_on),
        ("hostile_documents_are_one_sentence", hostile_documents_are_one_sentence),
        ("misbehaving_children_are_one_sentence", misbehaving_children_are_one_sentence),
        ("a_stopped_child_is_killed", a_stopped_child_is_killed),
        ("a_missing_parser_is_said", a_missing_parser_is_said),
        ("more_documents_than_places", more_documents_than_places),
    ];
    let trials = tests.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn misbehave(mode: &str) -> Option<ExitCode> {
    let (mut input, mut output) = (std::io::stdin(), std::io::stdout());
    match mode {
        "parse-document" => return Some(child::main(input.lock(), output.lock())),
        "hang" => loop {
            std::thread::park();
        },
        "hang-with-closed-input" => {
            drop(input.read_to_end(&mut Vec::new()));
            loop {
                std::thread::park();
            }
        }
        "flood" => while output.write_all(&[b'x'; 4096]).is_ok() {},
        "silent" => drop(std::io::copy(&mut input, &mut std::io::sink())),
        "complain" => {
            let complaints = "no such subcommand\n".repeat(100_000);
            drop(std::io::stderr().write_all(complaints.as_bytes()));
            return Some(ExitCode::from(2));
        }
        "abort" => std::process::abort(),
        "recurse" => drop(std::hint::black_box(recurse(&[1; 64]))),
        "garbage" => drop(output.write_all(&[0, 0, 0, 2, 0xff, 0xff])),
        _ => return None,
    }
    Some(ExitCode::SUCCESS)
}

#[expect(unconditional_recursion, reason = "the stack is to overflow")]
fn recurse(frame: &[u8; 64]) -> [u8; 64] {
    let mut next = *frame;
    next[0] = next[0].wrapping_add(1);
    let mut below = recurse(std::hint::black_box(&next));
    below[1] ^= next[0];
    below
}

fn pool(mode: &str, limits: ProcessLimits) -> ParserPool {
    ParserPool::new(std::env::current_exe().unwrap(), vec![OsString::from(mode)], limits)
}

fn parser() -> ParserPool {
    pool("parse-document", ProcessLimits::default())
}

fn documents_come_through() {
    let pool = parser();
    let rows: [(&[u8], &str, Kind, &str); 4] = [
        (b"Title\n=====\n", "a.txt", Kind::Txt, "Title\n=====\n"),
        (b"<p>a &amp; b", "a.html", Kind::Html, "a & b"),
        (b"a,b\n1,2\n", "a.csv", Kind::Csv, "a,b\n1,2\n"),
        ("ü".as_bytes(), "sub/ünïcode name.md", Kind::Md, "ü"),
    ];
    for (bytes, name, kind, text) in rows {
        let parsed = pool.parse(bytes, name).unwrap();
        assert_eq!((parsed.kind, parsed.text.as_str()), (kind, text));
    }
    let large = "A line of a large file.\n".repeat(800_000);
    assert_eq!(pool.parse(large.as_bytes(), "large.txt").unwrap().lines.len(), 800_000);
}

fn errors_come_through() {
    let pool = parser();
    let large = vec![b'x'; 21 * MIB_BYTES];
    let rows: [(&[u8], &str, &str); 6] = [
        (b"", "a.txt", "document_empty"),
        (b"a\0b", "a.txt", "document_not_text"),
        (b"{", "a.json", "document_corrupt"),
        (b"PK\x03\x04....", "a.docx", "document_unsupported"),
        (b"%PDF-1.4 and then nothing", "a.pdf", "document_corrupt"),
        (&large, "a.txt", "document_too_large"),
    ];
    for (bytes, name, code) in rows {
        assert_eq!(pool.parse(bytes, name).unwrap_err().code(), code, "{name}");
    }
}

/// A PDF whose only page has a content stream that expands a thousandfold twice.
fn pdf_bomb(expanded: usize) -> Vec<u8> {
    let deflate = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let stream = deflate(&deflate(&vec![b' '; expanded]));
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<<>>>>".to_vec(),
        [
            format!("<</Length {}/Filter[/FlateDecode/FlateDecode]>>stream\n", stream.len()).into_bytes(),
            stream,
            b"\nendstream".to_vec(),
        ]
        .concat(),
    ];
    pdf(&objects, "")
}

/// A PDF that asks for a password nobody has: its check values belong to none.
fn encrypted_pdf() -> Vec<u8> {
    let check = "5a".repeat(32);
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources<<>>>>".to_vec(),
        format!("<</Filter/Standard/V 1/R 2/Length 40/P -44/O<{check}>/U<{check}>>>").into_bytes(),
    ];
    pdf(&objects, "/Encrypt 4 0 R/ID[<0123456789abcdef0123456789abcdef><0123456789abcdef0123456789abcdef>]")
}

/// A PDF of these objects, the first of which is its catalogue.
fn pdf(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(pdf.len());
        pdf.extend(format!("{} 0 obj\n", index + 1).bytes());
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    }
    let table = pdf.len();
    let size = objects.len() + 1;
    pdf.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    for place in places {
        pdf.extend(format!("{place:010} 00000 n \n").bytes());
    }
    pdf.extend(format!("trailer<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{table}\n%%EOF\n").bytes());
    pdf
}

/// Each kind of bad file through the real parser, and a good one behind each of them.
fn bad_files_are_one_sentence_and_the_others_go_on() {
    let pool = parser();
    let whole = pdf_bomb(1_000);
    let huge = vec![b'x'; 100 * MIB_BYTES];
    let rows: [(&str, Vec<u8>, &str, &str); 9] = [
        ("corrupt", whole[..whole.len() / 3].to_vec(), "a.pdf", "document_corrupt"),
        ("corrupt", b"{\"a\": [1, 2".to_vec(), "a.json", "document_corrupt"),
        ("encrypted", encrypted_pdf(), "a.pdf", "document_encrypted"),
        ("empty", Vec::new(), "a.md", "document_empty"),
        ("blank", b" \n\t\n".to_vec(), "a.csv", "document_empty"),
        ("blank", b"<html><script>x</script></html>".to_vec(), "a.html", "document_empty"),
        ("hostile", "[".repeat(100_000).into_bytes(), "a.json", "document_hostile"),
        ("100 MB", huge, "a.txt", "document_too_large"),
        ("no text", (0..=255).cycle().take(4_000).collect(), "a.txt", "document_not_text"),
    ];
    for (kind, bytes, name, code) in rows {
        let error = pool.parse(&bytes, name).unwrap_err();
        let sentence = error.to_string();
        assert_eq!(error.code(), code, "{kind}: {sentence}");
        assert!(
            sentence.ends_with('.') && !sentence.contains('\n') && sentence.len() > 20,
            "{kind}: {sentence}"
        );
        assert_eq!(pool.parse(b"A good file.\n", "good.txt").unwrap().text, "A good file.\n", "after {kind}");
    }
    let other_encodings: [(&[u8], &str); 3] = [
        (b"Gr\xfc\xdfe an alle in der Stra\xdfe.", "Gr\u{fc}\u{df}e an alle in der Stra\u{df}e."),
        (b"\xff\xfeH\x00i\x00", "Hi"),
        (
            b"caf\xc3\xa9, na\xc3\xafve, one broken \xff byte",
            "caf\u{e9}, na\u{ef}ve, one broken \u{fffd} byte",
        ),
    ];
    for (bytes, text) in other_encodings {
        let parsed = pool.parse(bytes, "a.txt").unwrap();
        assert_eq!(parsed.text, text);
        assert!(
            bytes.starts_with(b"\xff\xfe") || !parsed.warnings.is_empty(),
            "{text}: nothing said of its encoding"
        );
    }
}

fn hostile_documents_are_one_sentence() {
    let limits =
        ProcessLimits { memory_bytes_max: 128 * MIB, cpu_seconds_max: 10, ..ProcessLimits::default() };
    let pool = pool("parse-document", limits);
    let bomb = pdf_bomb(300 * MIB_BYTES);
    assert!(bomb.len() < 100 * 1024);
    let outcome = pool.parse(&bomb, "bomb.pdf");
    assert_eq!(outcome, Err(ParseError::OutOfMemory { bytes_max: 128 * MIB }));
    let harmless = pool.parse(&pdf_bomb(1_000), "empty.pdf");
    assert!(matches!(harmless, Err(ParseError::Empty { .. })), "{harmless:?}");
    let deep = format!("<p>{}deep", "<div><b>".repeat(300_000));
    assert_eq!(pool.parse(deep.as_bytes(), "deep.html").unwrap().text, "deep");
    let nested = "[".repeat(100_000);
    assert_eq!(pool.parse(nested.as_bytes(), "deep.json").unwrap_err().code(), "document_hostile");
    let line = "x".repeat(5 * MIB_BYTES);
    assert_eq!(pool.parse(line.as_bytes(), "line.txt").unwrap().lines.len(), 1);
}

fn misbehaving_children_are_one_sentence() {
    let limits = ProcessLimits {
        parse: ParseLimits::default(),
        wall_seconds_max: 2,
        answer_bytes_max: MIB,
        ..ProcessLimits::default()
    };
    let rows = [
        ("hang", "document_timed_out"),
        ("hang-with-closed-input", "document_timed_out"),
        ("flood", "document_hostile"),
        ("silent", "document_parser_crashed"),
        ("complain", "document_parser_crashed"),
        ("abort", "document_parser_crashed"),
        ("recurse", "document_hostile"),
        ("garbage", "document_parser_crashed"),
    ];
    let large = vec![b'x'; 2 * MIB_BYTES];
    for (mode, code) in rows {
        let error = pool(mode, limits).parse(&large, "a.txt").unwrap_err();
        assert_eq!(error.code(), code, "{mode}: {error}");
    }
}

fn a_stopped_child_is_killed() {
    let stop = AtomicBool::new(true);
    let outcome = pool("hang", ProcessLimits::default()).parse_until(b"text", "a.txt", &stop);
    assert_eq!(outcome.unwrap_err().code(), "document_no_parser");
}

fn a_missing_parser_is_said() {
    let pool = ParserPool::new("/nowhere/divisi".into(), Vec::new(), ProcessLimits::default());
    assert_eq!(pool.parse(b"text", "a.txt").unwrap_err().code(), "document_no_parser");
}

fn more_documents_than_places() {
    let pool = pool("parse-document", ProcessLimits { processes_max: 1, ..ProcessLimits::default() });
    std::thread::scope(|scope| {
        let parse = |number: usize| {
            let pool = &pool;
            scope.spawn(move || pool.parse(format!("text {number}").as_bytes(), "a.txt").unwrap().text)
        };
        let threads: Vec<_> = (0..8).map(parse).collect();
        let texts: Vec<String> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(texts[7], "text 7");
    });
}
