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

fn debian() -> Sheet {
    let rows = [
        "3.1,Sarge,sarge,2002-07-19,2005-06-06,2008-03-31,,",
        "4.0,Etch,etch,2005-06-06,2007-04-08,2010-02-15,,",
        "11,Bullseye,bullseye,2019-07-06,2021-08-14,2024-08-14,2026-08-31,2031-06-30",
    ];
    let columns = ["version", "codename", "series", "created", "release", "eol", "eol-lts", "eol-elts"];
    Sheet {
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.iter().map(|row| row.split(',').map(str::to_owned).collect()).collect(),
        matched: 3,
    }
}

fn asked(question: &str, sheet: &Sheet, file: &str, expected: &str) {
    let said = Ask::of(question, sheet, file).map_or("none".to_owned(), |ask| {
        let conditions: Vec<String> =
            ask.conditions.iter().map(|one| format!("{} {} {}", one.column, one.op, one.value)).collect();
        format!("{:?} {:?} {}", ask.operation, ask.wanted, conditions.join("; "))
    });
    assert_eq!(said, expected, "{question}");
}

#[test]
fn columns_are_named_in_many_ways() {
    let rows = [
        (
            "What was the codename of the Debian release of 2005?",
            "Rows [\"codename\"] release contains 2005-",
        ),
        ("When does the ELTS support of Bullseye end?", "Rows [\"eol-elts\"] codename eq Bullseye"),
        ("When is the end of life of Bullseye?", "Rows [\"eol\"] codename eq Bullseye"),
    ];
    for (question, expected) in rows {
        asked(question, &debian(), "debian.csv", expected);
    }
    let iso = Sheet {
        columns: ["alpha_2", "alpha_3", "name", "withdrawal_date"].map(str::to_owned).to_vec(),
        rows: vec![["AN", "ANT", "Netherlands Antilles", "2010-12-15"].map(str::to_owned).to_vec()],
        matched: 1,
    };
    asked(
        "When was Netherlands Antilles withdrawn?",
        &iso,
        "iso.json",
        "Rows [\"withdrawal_date\"] name eq Netherlands Antilles",
    );
    asked(
        "What is the two-letter code of Netherlands Antilles?",
        &iso,
        "iso.json",
        "Rows [\"alpha_2\"] name eq Netherlands Antilles",
    );
}

#[test]
fn only_rows_that_the_table_holds_are_counted() {
    let rows = [
        ("How many employees are there?", "none"),
        ("How many employees does Debian have?", "none"),
        ("How many series are listed?", "Count [\"series\"] "),
        ("How many distributions are listed?", "Count [] "),
        ("How many rows are there?", "Count [] "),
        ("How many Debian versions were released in 2005?", "Count [\"version\"] release contains 2005-"),
    ];
    for (question, expected) in rows {
        asked(question, &debian(), "debian.csv", expected);
    }
}
