//! The table for people.

use crate::figure::{Figure, Goal, Unit};
use crate::report::Report;
use crate::scale::Scale;

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

/// The report as text: a table with the goals beside the figures, then how each was measured.
pub fn rendered(report: &Report) -> String {
    let mut lines = vec![head(report), String::new()];
    let judged = report.scale != Scale::Quick;
    let rows: Vec<[String; 5]> = report.figures().map(|figure| row(figure, judged)).collect();
    let titles = ["figure", "measured", "goal", "", "beside in the same run"].map(str::to_owned);
    lines.extend(aligned(&titles, &rows));
    let notes: Vec<&Figure> = report.figures().filter(|figure| !figure.note.is_empty()).collect();
    if !notes.is_empty() {
        lines.push(String::new());
    }
    lines.extend(notes.iter().map(|figure| format!("{}: {}", figure.label, figure.note)));
    for measurement in &report.measurements {
        if let Some(why) = &measurement.failed {
            lines.push(format!("{} could not be measured: {why}", measurement.part.as_str()));
        }
    }
    lines.join("\n") + "\n"
}

fn head(report: &Report) -> String {
    let machine = &report.machine;
    let load = machine.load.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
    let build = if machine.optimised { "optimised" } else { "NOT optimised: its figures mean little" };
    format!(
        "divisi {}, {build}; {} processors ({}), load {load} before; scale {}",
        machine.version,
        machine.cores,
        machine.processor.as_deref().unwrap_or("of unknown kind"),
        report.scale,
    )
}

/// What was measured too shortly to tell anything is not judged.
fn row(figure: &Figure, judged: bool) -> [String; 5] {
    let goal = figure.goal.map_or_else(String::new, |goal| match goal {
        Goal::AtMost(most) => format!("≤ {}", amount(most, figure.unit)),
        Goal::AtLeast(least) => format!("≥ {}", amount(least, figure.unit)),
    });
    let verdict = match figure.met().filter(|_| judged) {
        Some(true) => "met",
        Some(false) => "short",
        None => "",
    };
    let value = figure.value.map_or_else(|| "not measured".to_owned(), |value| amount(value, figure.unit));
    let beside = figure.beside.as_ref().map_or_else(
        || NOTHING.to_owned(),
        |beside| {
            format!("{} {}: × {}", beside.yardstick, amount(beside.value, figure.unit), digits(beside.ratio))
        },
    );
    [figure.label.clone(), value, goal, verdict.to_owned(), beside]
}

fn amount(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Times => format!("× {}", digits(value)),
        Unit::Count => digits(value),
        Unit::PerSecond => format!("{}/s", digits(value)),
        unit => format!("{} {}", digits(value), unit.as_str()),
    }
}

/// Three digits that count, without a power of ten.
fn digits(value: f64) -> String {
    match value.abs() {
        large if large >= 99.95 => format!("{value:.0}"),
        middle if middle >= 9.995 => format!("{value:.1}"),
        small if small >= 0.0995 || small == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Columns of one width; the first reads from the left, figures from the right.
fn aligned(titles: &[String; 5], rows: &[[String; 5]]) -> Vec<String> {
    let width = |column: usize| {
        std::iter::once(titles).chain(rows).map(|row| row[column].chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |row: &[String; 5]| {
        let [label, value, goal, met, beside] = row;
        let [first, second, third, fourth, _] = widths;
        let line = format!("{label:<first$}  {value:>second$}  {goal:>third$}  {met:<fourth$}  {beside}");
        line.trim_end().to_owned()
    };
    let rule: String = "─".repeat(widths.iter().sum::<usize>() + 8);
    std::iter::once(line(titles)).chain([rule]).chain(rows.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::parts::Part;
    use crate::report::Measurement;

    fn report(figures: Vec<Figure>, failed: Option<String>) -> Report {
        Report {
            version: Report::VERSION,
            scale: Scale::Usual,
            machine: Machine {
                cores: 2,
                processor: None,
                load: Some(1.0),
                version: "9.9.9".to_owned(),
                optimised: false,
            },
            measurements: vec![Measurement { part: Part::Disk, figures, failed }],
        }
    }

    #[test]
    fn a_line_has_figure_goal_verdict_and_yardstick() {
        let figures = vec![
            Figure::of("tasks", Unit::PerSecond, 1_234.0).at_least(3_500.0).beside("the bare loop", 4_936.0),
            Figure::of("syncs, long label", Unit::Millis, 0.0421).at_most(1.0).note("of 4 KiB"),
            Figure::absent("later", Unit::Seconds, "only with --full").at_most(2.0),
        ];
        let text = rendered(&report(figures, None));
        for part in [
            "1234/s",
            "≥ 3500/s  short",
            "the bare loop 4936/s: × 0.25",
            "0.042 ms",
            "≤ 1.00 ms  met",
            "not measured",
            "later: only with --full",
            "syncs, long label: of 4 KiB",
            "NOT optimised",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn a_quick_run_judges_nothing() {
        let figures = vec![Figure::of("syncs", Unit::Millis, 0.0421).at_most(1.0)];
        let text = rendered(&Report { scale: Scale::Quick, ..report(figures, None) });
        assert!(text.contains("≤ 1.00 ms") && !text.contains("met"), "{text}");
    }

    #[test]
    fn a_measurement_that_failed_is_named() {
        let text = rendered(&report(Vec::new(), Some("no disk".to_owned())));
        assert!(text.contains("disk could not be measured: no disk"), "{text}");
    }

    #[test]
    fn numbers_have_three_digits_that_count() {
        for (value, shown) in
            [(0.0, "0.00"), (0.0371, "0.037"), (0.5, "0.50"), (9.999, "10.0"), (27_600.4, "27600")]
        {
            assert_eq!(digits(value), shown);
        }
    }
}
