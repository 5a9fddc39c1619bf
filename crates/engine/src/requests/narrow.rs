//! A purpose's schema, narrowed to what is possible in this task: a model whose decoding keeps to the schema cannot name
//! what does not exist. It follows from the task alone, so that it is the same for every attempt.

use divisi_domain::model_step::Purpose;
use serde_json::{Map, Value, json};

use super::schema;

/// Constants of one enumeration. A longer list costs more room than it saves mistakes.
const CONSTANTS_MAX: usize = 60;

/// Subtasks of a plan whose labels are given.
const LABELS_MAX: u16 = 10;

/// What there is in a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Possible {
    /// Agent types that may be named.
    pub(super) agent_types: Vec<String>,
    /// Capabilities of the crew.
    pub(super) capabilities: Vec<String>,
    /// Numbers of the plan's subtasks.
    pub(super) subtasks: Vec<u16>,
    /// `D1`, `D2`, …
    pub(super) sources: Vec<String>,
    /// Specialists that may be chosen.
    pub(super) specialists_max: u8,
    /// Subtasks of a plan.
    pub(super) subtasks_max: u16,
    /// Whether only what is needed is asked for, in few words.
    pub(super) is_brief: bool,
}

/// Optional fields that a brief answer goes without, by definition; of the root by its own name.
const BRIEF: [(&str, &[&str]); 12] = [
    ("Analysis", &["constraints"]),
    ("Specialist", &["priority", "focus_areas"]),
    ("SubtaskDraft", &["required_dependencies", "priority", "complexity", "estimate"]),
    ("Solution", &["table"]),
    ("Claim", &["subtasks"]),
    ("Citation", &["file", "line", "line_end", "page", "quote"]),
    ("Review", &["overall_score", "strengths", "recommendation"]),
    ("Coordination", &["cross_references", "inconsistencies", "metadata"]),
    ("TopicFindings", &["sources", "supporting_data"]),
    ("Report", &["recommendations", "supporting_evidence", "sources"]),
    ("Section", &["table"]),
    ("FinalReview", &[]),
];

/// Items of the lists of a brief answer.
const BRIEF_ITEMS: [(&str, &str, u64); 12] = [
    ("Analysis", "keywords", 10),
    ("Analysis", "success_criteria", 4),
    ("Analysis", "aspects", 4),
    ("SubtaskDraft", "success_criteria", 3),
    ("Solution", "claims", 6),
    ("Solution", "gaps", 4),
    ("Claim", "citations", 2),
    ("Review", "weaknesses", 4),
    ("Review", "revision_requests", 4),
    ("Coordination", "structured_findings", 6),
    ("Report", "answer", 5),
    ("Report", "main_content", 5),
];

/// Numbers between two bounds.
const BOUNDS: [(&str, &str, u8); 9] = [
    ("Specialist", "relevance", 1),
    ("Solution", "confidence", 1),
    ("TopicFindings", "confidence", 1),
    ("Report", "overall_confidence", 1),
    ("Scores", "completeness", 10),
    ("Scores", "accuracy", 10),
    ("Scores", "relevance", 10),
    ("Scores", "quality", 10),
    ("Review", "overall_score", 10),
];

/// The schema of `purpose` for this task.
pub(super) fn narrowed(purpose: Purpose, possible: &Possible) -> Value {
    let mut schema = Narrowing(Value::clone(schema::of(purpose)));
    for (definition, field, most) in BOUNDS {
        schema.set(definition, field, "minimum", json!(0));
        schema.set(definition, field, "maximum", json!(most));
    }
    name_what_is_there(&mut schema, purpose, possible);
    if possible.is_brief {
        brief(&mut schema);
    }
    schema.0
}

fn name_what_is_there(schema: &mut Narrowing, purpose: Purpose, possible: &Possible) {
    let agents = texts(&possible.agent_types);
    for (definition, field) in
        [("Specialist", "type"), ("SubtaskDraft", "assigned_specialist"), ("DroppedSpecialist", "type")]
    {
        schema.choose(definition, field, &agents);
    }
    if matches!(purpose, Purpose::Coordinate | Purpose::Synthesise) {
        schema.choose("Evidence", "specialist", &agents);
        schema.choose_items("TopicFindings", "sources", &agents);
        schema.choose_items("CoordinationMetadata", "specialist_types", &agents);
    }
    schema.choose_items("Analysis", "required_capabilities", &texts(&possible.capabilities));
    let numbers: Vec<Value> = possible.subtasks.iter().map(|number| json!(number)).collect();
    schema.choose_items("Claim", "subtasks", &numbers);
    if let (Some(least), Some(most)) = (possible.subtasks.iter().min(), possible.subtasks.iter().max()) {
        schema.set_items("Claim", "subtasks", "minimum", json!(least));
        schema.set_items("Claim", "subtasks", "maximum", json!(most));
    }
    schema.choose("Citation", "source", &texts(&possible.sources));
    if possible.sources.is_empty() {
        for definition in ["Claim", "Cell", "Evidence"] {
            schema.set(definition, "citations", "maxItems", json!(0));
        }
        schema.set("Report", "sources", "maxItems", json!(0));
    }
    schema.set("Selection", "specialists", "maxItems", json!(possible.specialists_max.max(1)));
    schema.set("Decomposition", "subtasks", "minItems", json!(1));
    schema.set("Decomposition", "subtasks", "maxItems", json!(possible.subtasks_max.max(1)));
    label_subtasks(schema, possible.subtasks_max.max(1));
}

/// In a short plan the labels are given, so that a dependency can only name a subtask that there may be.
fn label_subtasks(schema: &mut Narrowing, subtasks_max: u16) {
    let others = subtasks_max - 1;
    for field in ["dependencies", "required_dependencies"] {
        schema.set("SubtaskDraft", field, "maxItems", json!(others));
    }
    if subtasks_max > LABELS_MAX {
        schema.set("SubtaskDraft", "id", "minLength", json!(1));
        return;
    }
    let labels: Vec<Value> = (1..=subtasks_max).map(|number| json!(format!("s{number}"))).collect();
    schema.choose("SubtaskDraft", "id", &labels);
    for field in ["dependencies", "required_dependencies"] {
        schema.choose_items("SubtaskDraft", field, &labels[..usize::from(others)]);
    }
}

fn texts(names: &[String]) -> Vec<Value> {
    names.iter().map(|name| json!(name)).collect()
}

fn brief(schema: &mut Narrowing) {
    for (definition, fields) in BRIEF {
        schema.leave_out(definition, fields);
    }
    for (definition, field, most) in BRIEF_ITEMS {
        schema.set(definition, field, "maxItems", json!(most));
    }
    schema.prune();
    unsaid(&mut schema.0, false);
}

/// A schema that is being narrowed.
struct Narrowing(Value);

impl Narrowing {
    fn definition(&mut self, name: &str) -> Option<&mut Map<String, Value>> {
        let is_root = self.0.get("title").and_then(Value::as_str) == Some(name);
        if is_root {
            return self.0.as_object_mut();
        }
        self.0.get_mut("$defs")?.get_mut(name)?.as_object_mut()
    }

    fn field(&mut self, definition: &str, field: &str) -> Option<&mut Map<String, Value>> {
        self.definition(definition)?.get_mut("properties")?.get_mut(field)?.as_object_mut()
    }

    fn set(&mut self, definition: &str, field: &str, keyword: &str, value: Value) {
        if let Some(node) = self.field(definition, field) {
            node.insert(keyword.to_owned(), value);
        }
    }

    fn set_items(&mut self, definition: &str, field: &str, keyword: &str, value: Value) {
        let items = self.field(definition, field).and_then(|node| node.get_mut("items")?.as_object_mut());
        if let Some(items) = items {
            items.insert(keyword.to_owned(), value);
        }
    }

    fn choose(&mut self, definition: &str, field: &str, constants: &[Value]) {
        if is_list(constants) {
            self.set(definition, field, "enum", json!(constants));
        }
    }

    fn choose_items(&mut self, definition: &str, field: &str, constants: &[Value]) {
        if is_list(constants) {
            self.set_items(definition, field, "enum", json!(constants));
        }
    }

    fn leave_out(&mut self, definition: &str, fields: &[&str]) {
        let Some(node) = self.definition(definition) else { return };
        if let Some(properties) = node.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|name, _| !fields.contains(&name.as_str()));
        }
        if let Some(required) = node.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| !name.as_str().is_some_and(|name| fields.contains(&name)));
        }
    }

    /// Definitions that nothing refers to any more.
    fn prune(&mut self) {
        loop {
            let text = self.0.to_string();
            let Some(definitions) = self.0.get_mut("$defs").and_then(Value::as_object_mut) else { return };
            let before = definitions.len();
            definitions.retain(|name, _| text.contains(&format!("\"#/$defs/{name}\"")));
            if definitions.len() == before {
                break;
            }
        }
        if self.0.get("$defs").and_then(Value::as_object).is_some_and(Map::is_empty)
            && let Some(root) = self.0.as_object_mut()
        {
            root.remove("$defs");
        }
    }
}

const fn is_list(constants: &[Value]) -> bool {
    !constants.is_empty() && constants.len() <= CONSTANTS_MAX
}

/// Takes out what only explains, and writes enumerations as short as they can be.
fn unsaid(node: &mut Value, is_map: bool) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| unsaid(item, false)),
        Value::Object(fields) => {
            if !is_map {
                fields.retain(|name, _| {
                    !matches!(name.as_str(), "$schema" | "title" | "description" | "format" | "default")
                });
                collapse(fields);
            }
            for (name, value) in fields.iter_mut() {
                unsaid(value, !is_map && matches!(name.as_str(), "properties" | "$defs"));
            }
        }
        _ => {}
    }
}

fn collapse(fields: &mut Map<String, Value>) {
    let constant = |branch: &Value| branch.get("const").cloned();
    let branches = fields.get("oneOf").and_then(Value::as_array);
    let Some(constants) = branches.and_then(|it| it.iter().map(constant).collect::<Option<Vec<_>>>()) else {
        return;
    };
    fields.remove("oneOf");
    fields.insert("type".to_owned(), json!("string"));
    fields.insert("enum".to_owned(), Value::Array(constants));
}

#[cfg(test)]
mod tests;
