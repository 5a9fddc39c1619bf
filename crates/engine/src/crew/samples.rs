//! Inputs of every purpose, full and as empty as they may be: what the prompts of a crew are tried on.

use divisi_domain::name::Name;
use divisi_llm::inputs::{
    AcceptedSolution, AgentTypeBrief, AnalyseInput, CitationCheck, CitationFinding, CoordinateInput,
    DecomposeInput, Dependency, DocumentBrief, Feedback, FinalReviewInput, Gap, Inputs, ReviewInput,
    RevisionBrief, SelectInput, SubtaskBrief, SynthesiseInput, TaskBrief, WorkInput,
};
use divisi_llm::outputs::{
    Analysis, Citation, Claim, Coordination, Decomposition, Report, Review, Selection, Solution, Specialist,
    SubtaskDraft, TopicFindings,
};

/// Every purpose with every part filled.
pub(crate) fn full() -> Vec<Inputs> {
    let gap = Gap { subtask: subtask(), reason: "The specialist ran out of turns.".into() };
    let accepted = AcceptedSolution { subtask: subtask(), solution: solution(), score_hundredths: 850 };
    let check = CitationCheck { citation: citation(), finding: CitationFinding::Exact };
    vec![
        Inputs::Analyse(AnalyseInput { task: task(), capabilities: vec![capability()], lessons: lessons() }),
        Inputs::Select(SelectInput {
            task: task(),
            analysis: analysis(),
            agent_types: vec![agent_type()],
            specialists_max: 3,
        }),
        Inputs::Decompose(decompose()),
        Inputs::Work(Box::new(work())),
        Inputs::Review(Box::new(ReviewInput {
            task: task(),
            analysis: analysis(),
            subtask: subtask(),
            solution: solution(),
            citation_checks: vec![check.clone()],
            previous: Some(solution()),
        })),
        Inputs::Coordinate(CoordinateInput {
            task: task(),
            analysis: analysis(),
            solutions: vec![accepted.clone()],
            gaps: vec![gap.clone()],
        }),
        Inputs::Synthesise(Box::new(SynthesiseInput {
            task: task(),
            analysis: analysis(),
            coordination: coordination(),
            solutions: vec![accepted],
            gaps: vec![gap.clone()],
            previous: Some(report()),
            requests: vec!["Name the year.".into()],
            lessons: lessons(),
        })),
        Inputs::FinalReview(Box::new(FinalReviewInput {
            task: task(),
            analysis: analysis(),
            coordination: coordination(),
            report: report(),
            citation_checks: vec![check],
            gaps: vec![gap],
        })),
    ]
}

/// Every purpose with every list empty and every option absent.
pub(crate) fn sparse() -> Vec<Inputs> {
    let (task, analysis) = (TaskBrief::default(), Analysis::default());
    vec![
        Inputs::Analyse(AnalyseInput::default()),
        Inputs::Select(SelectInput {
            task: task.clone(),
            analysis: analysis.clone(),
            agent_types: Vec::new(),
            specialists_max: 2,
        }),
        Inputs::Decompose(DecomposeInput {
            selection: Selection::default(),
            agent_types: Vec::new(),
            previous: None,
            errors: Vec::new(),
            comment: None,
            ..decompose()
        }),
        Inputs::Work(Box::new(WorkInput {
            task: task.clone(),
            subtask: SubtaskBrief::default(),
            dependencies: Vec::new(),
            feedback: Vec::new(),
            lessons: Vec::new(),
            ..work()
        })),
        Inputs::Review(Box::new(ReviewInput {
            task: task.clone(),
            analysis: analysis.clone(),
            subtask: SubtaskBrief::default(),
            solution: Solution::default(),
            citation_checks: Vec::new(),
            previous: None,
        })),
        Inputs::Coordinate(CoordinateInput {
            task: task.clone(),
            analysis: analysis.clone(),
            solutions: Vec::new(),
            gaps: Vec::new(),
        }),
        Inputs::Synthesise(Box::new(SynthesiseInput {
            task: task.clone(),
            analysis: analysis.clone(),
            coordination: Coordination::default(),
            solutions: Vec::new(),
            gaps: Vec::new(),
            previous: None,
            requests: Vec::new(),
            lessons: Vec::new(),
        })),
        Inputs::FinalReview(Box::new(FinalReviewInput {
            task,
            analysis,
            coordination: Coordination::default(),
            report: Report::default(),
            citation_checks: Vec::new(),
            gaps: Vec::new(),
        })),
    ]
}

fn decompose() -> DecomposeInput {
    DecomposeInput {
        task: task(),
        analysis: analysis(),
        selection: Selection {
            specialists: vec![Specialist {
                agent_type: "reader".into(),
                rationale: "The answer is one passage.".into(),
                priority: divisi_llm::outputs::Priority::High,
                focus_areas: vec!["the colophon".into()],
                relevance: 0.9,
            }],
        },
        agent_types: vec![agent_type()],
        subtasks_max: 50,
        depth_max: 10,
        previous: Some(Decomposition {
            subtasks: vec![SubtaskDraft { id: "find_year".into(), ..SubtaskDraft::default() }],
            dropped_specialists: Vec::new(),
        }),
        errors: vec!["Subtask 'find_year' depends on itself. Remove that dependency.".into()],
        comment: Some("Look at the second edition too.".into()),
    }
}

fn work() -> WorkInput {
    WorkInput {
        task: task(),
        analysis: analysis(),
        subtask: subtask(),
        dependencies: vec![
            Dependency { subtask: subtask(), solution: Some(solution()), gap: None },
            Dependency { subtask: subtask(), solution: None, gap: Some("No agent was free.".into()) },
        ],
        feedback: vec![
            Feedback { solution: Some(solution()), review: Some(Review::default()), failure: None },
            Feedback { solution: None, review: None, failure: Some("The turns were used up.".into()) },
        ],
        turn: 1,
        turns_max: 12,
        lessons: lessons(),
    }
}

fn task() -> TaskBrief {
    TaskBrief {
        title: "When was it printed?".into(),
        description: "In which year was the score printed, and by whom?".into(),
        constraints: vec!["Cite the colophon.".into()],
        domain: Some("music".into()),
        documents: vec![
            DocumentBrief {
                source: "D1".into(),
                file: "score.pdf".into(),
                kind: "pdf".into(),
                bytes: 2_048,
                lines: 40,
                pages: Some(2),
                headings: vec!["Colophon".into()],
                ..DocumentBrief::default()
            },
            DocumentBrief {
                source: "D2".into(),
                file: "prints.csv".into(),
                kind: "csv".into(),
                columns: vec!["year".into(), "printer".into()],
                unreadable: Some("The file is empty.".into()),
                ..DocumentBrief::default()
            },
        ],
        revision: Some(RevisionBrief { request: "Name the printer.".into(), areas: vec!["answer".into()] }),
    }
}

fn analysis() -> Analysis {
    Analysis {
        domain: "music".into(),
        keywords: vec!["printed".into(), "colophon".into()],
        required_capabilities: vec!["document_search".into()],
        success_criteria: vec!["Names a year.".into()],
        aspects: vec!["year".into(), "printer".into()],
        ..Analysis::default()
    }
}

fn subtask() -> SubtaskBrief {
    SubtaskBrief {
        number: 1,
        title: "Find the year".into(),
        description: "Find the year of printing in the colophon.".into(),
        agent_type: "reader".into(),
        deliverable: "The year with its citation.".into(),
        success_criteria: vec!["One year.".into()],
    }
}

fn citation() -> Citation {
    Citation {
        source: "D1".into(),
        file: "score.pdf".into(),
        start: 120,
        end: 141,
        line: 7,
        line_end: 7,
        page: Some(2),
        quote: "Printed in 1791, Wien".into(),
    }
}

fn claim() -> Claim {
    Claim { text: "It was printed in 1791.".into(), citations: vec![citation()], subtasks: vec![1] }
}

fn solution() -> Solution {
    Solution {
        summary: "The colophon names 1791.".into(),
        claims: vec![claim()],
        table: None,
        gaps: vec!["The printer is not named.".into()],
        confidence: 0.9,
    }
}

fn coordination() -> Coordination {
    Coordination {
        structured_findings: vec![TopicFindings {
            topic: "Printing".into(),
            key_points: vec![claim()],
            ..TopicFindings::default()
        }],
        ..Coordination::default()
    }
}

fn report() -> Report {
    Report { answer: vec![claim()], executive_summary: "Printed in 1791.".into(), ..Report::default() }
}

fn agent_type() -> AgentTypeBrief {
    AgentTypeBrief {
        name: Name::from_static("reader"),
        description: "Reads closely.".into(),
        capabilities: vec![capability()],
        tools: vec![Name::from_static("search_documents")],
    }
}

fn capability() -> Name {
    Name::from_static("document_search")
}

fn lessons() -> Vec<String> {
    vec!["Users want the year first.".into()]
}
