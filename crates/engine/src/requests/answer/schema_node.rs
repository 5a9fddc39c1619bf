//! Reads a node of one of our schemas.

use serde_json::{Map, Value};

/// References that are followed in a row.
const REFERENCES_MAX: usize = 8;

/// A node behind its references and beside its `null`.
#[derive(Debug, Clone, Copy)]
pub(super) struct SchemaNode<'s> {
    root: &'s Value,
    node: &'s Value,
    pub(super) is_nullable: bool,
}

impl<'s> SchemaNode<'s> {
    pub(super) fn root(schema: &'s Value) -> Self {
        Self { root: schema, node: schema, is_nullable: false }.resolved()
    }

    fn resolved(mut self) -> Self {
        for _ in 0..REFERENCES_MAX {
            let referred = self.node.get("$ref").and_then(Value::as_str);
            let referred = referred.and_then(|target| self.root.pointer(target.strip_prefix('#')?));
            let Some(next) = referred.or_else(|| self.only_branch()) else { break };
            self.is_nullable |= referred.is_none();
            self.node = next;
        }
        self.is_nullable |= self.types().any(|name| name == "null");
        self
    }

    /// The one branch beside `null`.
    fn only_branch(&self) -> Option<&'s Value> {
        let branches = self.node.get("anyOf").or_else(|| self.node.get("oneOf"))?.as_array()?;
        let is_null = |branch: &&Value| branch.get("type").and_then(Value::as_str) == Some("null");
        let mut others = branches.iter().filter(|branch| !is_null(branch));
        match (others.next(), others.next()) {
            (Some(only), None) if branches.len() > 1 => Some(only),
            _ => None,
        }
    }

    fn types(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        let written = self.node.get("type");
        let many = written.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        written.and_then(Value::as_str).into_iter().chain(many)
    }

    /// The type beside `null`.
    pub(super) fn kind(&self) -> Option<&'s str> {
        self.types().find(|name| *name != "null").or_else(|| self.constants().first().map(|_| "string"))
    }

    /// The texts of an enumeration.
    pub(super) fn constants(&self) -> Vec<&'s str> {
        let listed = self.node.get("enum").and_then(Value::as_array).into_iter().flatten();
        let branches = self.node.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        let branched = branches.flat_map(|branch| {
            let inner = branch.get("enum").and_then(Value::as_array).into_iter().flatten();
            branch.get("const").into_iter().chain(inner)
        });
        listed.chain(branched).filter_map(Value::as_str).collect()
    }

    pub(super) fn properties(&self) -> Option<&'s Map<String, Value>> {
        self.node.get("properties")?.as_object()
    }

    pub(super) fn property(&self, name: &str) -> Option<Self> {
        let node = self.properties()?.get(name)?;
        Some(Self { root: self.root, node, is_nullable: false }.resolved())
    }

    pub(super) fn required(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        self.node.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    pub(super) fn items(&self) -> Option<Self> {
        let node = self.node.get("items")?;
        Some(Self { root: self.root, node, is_nullable: false }.resolved())
    }

    pub(super) fn maximum(&self) -> Option<f64> {
        self.node.get("maximum")?.as_f64()
    }

    pub(super) fn items_max(&self) -> Option<usize> {
        self.node.get("maxItems")?.as_u64().and_then(|most| usize::try_from(most).ok())
    }
}
