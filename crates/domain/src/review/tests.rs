use serde_json::Value;

use super::*;

#[test]
fn vectors() {
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
    let rows = vectors["review"].as_array().unwrap();
    assert_eq!(rows.len(), 7);
    for row in rows {
        let texts: Vec<String> = row["scores"].as_array().unwrap().iter().map(Value::to_string).collect();
        let scores = Scores::parse([&texts[0], &texts[1], &texts[2], &texts[3]]).unwrap();
        assert_eq!(u64::from(scores.hundredths()), row["hundredths"].as_u64().unwrap(), "{row}");
        assert_eq!(scores.verdict().as_str(), row["verdict"].as_str().unwrap(), "{row}");
    }
}

#[test]
fn decimals_are_cut_to_tenths_and_refused_outside_of_0_to_10() {
    let ok = [
        ("0", 0),
        ("-0", 0),
        ("7", 70),
        ("7.0", 70),
        ("6.99", 69),
        ("10", 100),
        ("10.00", 100),
        (" 9.5 ", 95),
        ("6.6666666666666666666666666666666666666666666666667", 66),
    ];
    for (text, tenths) in ok {
        assert_eq!(Tenths::parse("quality", text).map(Tenths::get), Ok(tenths), "{text}");
    }
    for text in ["10.1", "10.01", "11", "-1", "-0.1", "256", "99999999999999999999"] {
        let refused = Tenths::parse("quality", text);
        assert!(matches!(refused, Err(ScoreError::OutOfRange { .. })), "{text}: {refused:?}");
    }
    for text in ["", ".", "7.", ".5", "7,5", "1e1", "NaN", "seven", "+7", "--1", "7.5.1", "null"] {
        let refused = Tenths::parse("quality", text);
        assert!(matches!(refused, Err(ScoreError::NotANumber { .. })), "{text}: {refused:?}");
    }
    assert!(Scores::from_tenths([100, 101, 0, 0]).unwrap_err().to_string().contains("accuracy is 10.1"));
}

#[test]
fn two_reruns_then_a_different_specialist_then_the_end() {
    use Rerun::{OtherSpecialist, SameSpecialist};
    use Verdict::{Accepted, NeedsRevision, Rejected};
    let rows = [
        (Accepted, 0, Next::Accept),
        (Accepted, 3, Next::Accept),
        (NeedsRevision, 0, Next::Rerun(SameSpecialist)),
        (NeedsRevision, 1, Next::Rerun(SameSpecialist)),
        (NeedsRevision, 2, Next::Rerun(OtherSpecialist)),
        (NeedsRevision, 3, Next::FinallyFail),
        (Rejected, 0, Next::Rerun(OtherSpecialist)),
        (Rejected, 1, Next::Rerun(OtherSpecialist)),
        (Rejected, 2, Next::Rerun(OtherSpecialist)),
        (Rejected, 3, Next::FinallyFail),
        (Rejected, 255, Next::FinallyFail),
    ];
    for (verdict, cycle, next) in rows {
        assert_eq!(after_review(verdict, cycle, 2), next, "{verdict:?} in cycle {cycle}");
    }
}
