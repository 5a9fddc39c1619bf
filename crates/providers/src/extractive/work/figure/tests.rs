use super::ask::Ask;
use super::sheet::Sheet;

fn sheet() -> Sheet {
    let rows = [
        "4.10,Warty Warthog,warty,2004-10-20,",
        "12.04 LTS,Precise Pangolin,precise,2012-04-26,5",
        "12.10,Quantal Quetzal,quantal,2012-10-18,7",
    ];
    Sheet {
        columns: ["version", "codename", "series", "release", "machines"].map(str::to_owned).to_vec(),
        rows: rows.iter().map(|row| row.split(',').map(str::to_owned).collect()).collect(),
        matched: 3,
    }
}

fn check(question: &str, expected: &str) {
    let said = Ask::of(question, &sheet(), "ubuntu.csv").map_or("none".to_owned(), |ask| {
        let mut arguments = ask.call("D1").arguments;
        let fields = arguments.as_object_mut().unwrap();
        fields.remove("source");
        fields.remove("limit");
        format!("{:?} {:?} {}", ask.operation, ask.wanted, arguments)
    });
    assert_eq!(said, expected, "{question}");
}

#[test]
fn questions_become_queries() {
    check(
        "How many rows have a version that contains LTS?",
        r#"Count [] {"where":[{"column":"version","op":"contains","value":"LTS"}]}"#,
    );
    check(
        "What is the codename of version 12.10?",
        r#"Rows ["codename"] {"where":[{"column":"version","op":"eq","value":"12.10"}]}"#,
    );
    check(
        "Which ubuntu versions were released in 2012?",
        r#"Rows ["version"] {"where":[{"column":"release","op":"contains","value":"2012-"}]}"#,
    );
    check(
        "How many series were released after 2010?",
        r#"Count ["series"] {"where":[{"column":"release","op":"gt","value":"2010-12-31"}]}"#,
    );
    check(
        "What is the total number of machines?",
        r#"Sum [] {"aggregate":[{"column":"machines","fn":"sum"}],"where":[]}"#,
    );
    check(
        "What is the sum of machines released since 2012-05-01?",
        r#"Sum [] {"aggregate":[{"column":"machines","fn":"sum"}],"where":[{"column":"release","op":"gt","value":"2012-05-01"}]}"#,
    );
    check(
        "Which series has the latest release?",
        r#"Highest ["series"] {"aggregate":[{"column":"release","fn":"max"}],"order_by":{"column":"release","descending":true},"where":[]}"#,
    );
    check(
        "Which series have more than 5 machines?",
        r#"Rows ["series"] {"where":[{"column":"machines","op":"gt","value":"5"}]}"#,
    );
    check(
        "How many rows have no machines?",
        r#"Count [] {"where":[{"column":"machines","op":"empty","value":""}]}"#,
    );
    check(
        "When was Precise Pangolin released?",
        r#"Rows ["release"] {"where":[{"column":"codename","op":"eq","value":"Precise Pangolin"}]}"#,
    );
}

#[test]
fn a_noun_may_say_what_a_row_is() {
    check(
        "What is the codename of the release with the series code warty?",
        r#"Rows ["codename"] {"where":[{"column":"series","op":"eq","value":"warty"}]}"#,
    );
    let sheet = Sheet {
        columns: ["alpha_4", "name", "numeric"].map(str::to_owned).to_vec(),
        rows: vec![["Cyrl", "Cyrillic", "220"].map(str::to_owned).to_vec()],
        matched: 1,
    };
    let ask = Ask::of("What is the name of the script with the alpha_4 code Cyrl?", &sheet, "iso_15924.json");
    assert_eq!(ask.map(|ask| (ask.wanted, ask.conditions.len())), Some((vec!["name".to_owned()], 1)));
}

#[test]
fn what_the_table_does_not_hold_is_no_query() {
    check("What is the population of warty?", "none");
    check("Who maintains Zesty Zapus?", "none");
    check("What does the table show?", "none");
}
