//! Whether the offline provider is useful: questions over documents that Debian ships, measured against what
//! issue 3 promises. It needs no network and no model; it says which package is missing.

mod baseline;
mod checks;
mod documents;
mod everyday;
mod measure;
mod pipeline;
mod print;
mod questions;
mod tools;
mod usefulness;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

/// What is evaluated.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, clap::Subcommand)]
enum Subject {
    /// The offline provider.
    Extractive(Extractive),
}

#[derive(Debug, clap::Args)]
struct Extractive {
    /// Only questions whose id contains this, with their reports; no verdict.
    #[arg(long)]
    only: Option<String>,
    /// Ask this question over the files given by --file, and show the report; no verdict.
    #[arg(long, requires = "file")]
    ask: Option<String>,
    /// A file to ask over.
    #[arg(long)]
    file: Vec<PathBuf>,
    /// Only the questions over everyday documents, and of them only those that are not held out; no verdict.
    #[arg(long)]
    tune: bool,
    /// Where the machine-readable results go; `eval-extractive.json` in Cargo's target folder where absent.
    #[arg(long)]
    output: Option<PathBuf>,
}

/// Runs an evaluation. Fails where one line of the acceptance does not hold.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let Subject::Extractive(extractive) = &options.subject;
    if let Some(ask) = &extractive.ask {
        let outcome = pipeline::run(&documents::of_files(&extractive.file)?, ask)?;
        print::outcome("own question", &outcome)?;
        return Ok(ExitCode::SUCCESS);
    }
    let questions = questions::load()?;
    let mut library = documents::Library::default();
    if let Some(only) = &extractive.only {
        return look_closer(only, &questions, &mut library);
    }
    if extractive.tune {
        return tune(&questions, &mut library);
    }
    let mut unanchored = Vec::new();
    for question in &questions {
        unanchored.extend(measure::unanchored(question, &mut library)?);
    }
    anyhow::ensure!(unanchored.is_empty(), "{}", unanchored.join("\n"));
    let mut measured = Vec::new();
    for question in &questions {
        measured.push(measure::measure(question, &mut library).with_context(|| question.id.clone())?);
    }
    let checks = checks::all(&questions, &mut library)?;
    let verdict = print::Verdict::of(&measured, checks);
    print::print(&measured, &verdict)?;
    print::editions(&library.other_editions)?;
    print::write(&measured, &verdict, extractive.output.as_deref())?;
    Ok(if verdict.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tune(questions: &[questions::Question], library: &mut documents::Library) -> anyhow::Result<ExitCode> {
    let mut measured = Vec::new();
    for question in questions.iter().filter(|question| question.everyday && !question.holdout) {
        measured.push(measure::measure(question, library).with_context(|| question.id.clone())?);
    }
    for one in &measured {
        print::one(one)?;
    }
    print::group("everyday questions", &usefulness::Everyday::of(&measured))?;
    Ok(ExitCode::SUCCESS)
}

fn look_closer(
    only: &str,
    questions: &[questions::Question],
    library: &mut documents::Library,
) -> anyhow::Result<ExitCode> {
    for question in questions.iter().filter(|question| question.id.contains(only)) {
        let corpus = library.corpus(&question.documents)?;
        let outcome = pipeline::run(&corpus, &question.ask)?;
        print::outcome(&question.id, &outcome)?;
        print::one(&measure::measure(question, library)?)?;
    }
    Ok(ExitCode::SUCCESS)
}
