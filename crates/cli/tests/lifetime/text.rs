//! Texts of people and files on the terminal.

use crate::common::Home;

#[test]
fn no_title_and_no_file_name_steers_the_terminal() {
    let home = Home::new();
    let name = "li\u{1b}]0;owned\u{7}cence.txt";
    std::fs::rename(home.path("licence.txt"), home.path(name)).unwrap();
    std::fs::write(home.path("em\u{1b}[2Jpty.txt"), "").unwrap();
    let title = "\u{1b}[2J\u{9b}31mSelling\u{202e}";
    let question = ["run", "May I sell copies of the program?", "--title", title, "--mode", "assisted"];
    let ran = home.run(&[&question[..], &["--file", name, "--file", "em\u{1b}[2Jpty.txt"]].concat()).exits(7);
    let rows: [&[&str]; 6] = [
        &["task", "list"],
        &["task", "show", "last"],
        &["task", "plan", "last"],
        &["task", "events", "last"],
        &["task", "show", "last", "--json"],
        &["approvals", "list"],
    ];
    let shown = rows.map(|arguments| home.run(arguments).exits(0));
    for said in std::iter::once(&ran).chain(&shown) {
        let text = said.out.clone() + &said.err;
        let steers = |char: char| char.is_control() && char != '\n';
        assert!(!text.contains(steers), "{text:?}");
    }
    assert!(shown[0].out.contains("␛[2J"), "{}", shown[0].out);
}
