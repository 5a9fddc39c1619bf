//! What a crew asks of people, and what it does when the money ends.

use divisi_domain::approval::Mode;
use divisi_domain::automation::{Action, Condition, FieldKinds, Operator, Rule, Rules, Value};
use divisi_domain::name::Name;
use divisi_domain::task::OnBudget;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The policy as pinned with the crew.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The mode of tasks that name none; where the crew has none either, the caller decides.
    pub mode: Option<Mode>,
    /// What happens at the end of the money.
    pub on_budget: OnBudget,
    /// In the order of the file.
    pub automation_rules: Vec<AutomationRule>,
}

/// `[policy]` as written.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PolicyFile {
    /// The mode of tasks that name none.
    #[schemars(with = "Option<ModeName>")]
    mode: Option<Mode>,
    /// What happens when a call does not fit under the spending cap: `wait` for a higher cap, or `finish` with what is there.
    #[schemars(with = "OnBudgetName")]
    on_budget: OnBudget,
    /// Rules of the mode `hybrid`: the highest priority that matches decides; where none matches a person is asked.
    automation_rules: Vec<AutomationRule>,
}

/// How much people are asked.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used: the values are those of the domain's Mode")]
enum ModeName {
    FullAutonomous,
    Assisted,
    Manual,
    Hybrid,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used: the values are those of the domain's OnBudget")]
enum OnBudgetName {
    Wait,
    Finish,
}

/// One automation rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationRule {
    /// Its name; `rule1`, `rule2`, … where none is given.
    #[serde(default)]
    pub name: Option<String>,
    /// When it applies.
    pub when: RuleCondition,
    /// What it decides: `require_approval` or `auto_publish`.
    #[schemars(with = "String", regex(pattern = "^(require_approval|auto_publish)$"))]
    pub then: Action,
    /// Higher wins.
    #[serde(default)]
    pub priority: i32,
    /// Whether it is looked at; a rule can be kept without being used.
    #[serde(default = "yes")]
    pub active: bool,
}

/// The condition of a rule. Comparisons are strict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleCondition {
    /// The fact it looks at: `subject` (`plan`, `tool`, `publication`), `cost_usd`, `subtasks` or `lowest_score`.
    pub field: String,
    /// How it compares: `less_than`, `greater_than`, `equals` or `not_equals`.
    #[schemars(with = "String", regex(pattern = "^(less_than|greater_than|equals|not_equals)$"))]
    pub op: Operator,
    /// With what.
    pub value: RuleValue,
}

/// What a rule is held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RuleValue {
    /// A number with at most six decimals.
    Number(f64),
    /// A word.
    Text(String),
}

fn yes() -> bool {
    true
}

impl From<PolicyFile> for Policy {
    fn from(file: PolicyFile) -> Self {
        Self { mode: file.mode, on_budget: file.on_budget, automation_rules: file.automation_rules }
    }
}

impl Policy {
    /// The rules as the machine obeys them, or every fault as a sentence.
    pub(super) fn rules(&self) -> Result<Rules, Vec<String>> {
        let mut faults = Vec::new();
        let mut rules = Vec::with_capacity(self.automation_rules.len());
        for (at, rule) in self.automation_rules.iter().enumerate() {
            match resolve(at + 1, rule) {
                Ok(rule) => rules.push(rule),
                Err(sentence) => faults.push(sentence),
            }
        }
        match Rules::save(rules, &FieldKinds::standard()) {
            Ok(saved) if faults.is_empty() => Ok(saved),
            Ok(_) => Err(faults),
            Err(errors) => Err(faults.into_iter().chain(errors.iter().map(ToString::to_string)).collect()),
        }
    }
}

/// The automation rules of a policy, or what is wrong with them as one text.
pub fn rules(policy: &Policy) -> Result<Rules, String> {
    policy.rules().map_err(|faults| faults.join(" "))
}

fn resolve(number: usize, rule: &AutomationRule) -> Result<Rule, String> {
    let name = rule.name.clone().unwrap_or_else(|| format!("rule{number}"));
    let value = match &rule.when.value {
        RuleValue::Number(number) => {
            number.to_string().parse().map(Value::Number).map_err(|error| format!("{error}."))
        }
        RuleValue::Text(text) => text.parse().map(Value::Text).map_err(|error| format!("{error}.")),
    }?;
    let plain = |text: &str| text.parse::<Name>().map_err(|error| format!("{error}."));
    Ok(Rule {
        name: plain(&name)?,
        when: Condition { field: plain(&rule.when.field)?, operator: rule.when.op, value },
        then: rule.then,
        priority: rule.priority,
        active: rule.active,
    })
}
