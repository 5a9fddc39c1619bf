//! What we build on may be used, changed and shipped under our licence: every package satisfies the list of
//! `deny.toml`, and comes from the public registry.

use std::process::Command;

use anyhow::{Context as _, anyhow, bail};
use serde::Deserialize;
use spdx::{Expression, LicenseReq, Licensee, ParseMode};

use super::report::Report;
use super::repository::Repository;

const PATH: &str = "deny.toml";

pub(super) fn check(repository: &Repository) -> anyhow::Result<Report> {
    let policy = Policy::read(repository)?;
    let mut report = Report::default();
    let (packages, left_out) = packages(repository)?;
    judge(&policy, &packages, &mut report)?;
    let foreign = packages.iter().filter(|package| package.is_foreign()).count();
    report.note(format!("{foreign} packages"));
    if let Some(left_out) = left_out {
        report.note(left_out);
    }
    Ok(report)
}

/// The part of `deny.toml` that this check reads.
#[derive(Debug, Deserialize)]
struct Policy {
    licenses: Licences,
}

#[derive(Debug, Deserialize)]
struct Licences {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// More licences for one package.
#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

impl Policy {
    fn read(repository: &Repository) -> anyhow::Result<Self> {
        let text = repository.text(PATH).with_context(|| format!("{PATH} is not there"))?;
        toml::from_str(text).context(PATH)
    }

    fn allowed_for(&self, package: &str) -> anyhow::Result<Vec<Licensee>> {
        let exceptions = self.licenses.exceptions.iter().filter(|exception| exception.package == package);
        let names = self.licenses.allow.iter().chain(exceptions.flat_map(|exception| &exception.allow));
        names
            .map(|name| Licensee::parse(name).map_err(|error| anyhow!("{PATH}: `{name}`: {error}")))
            .collect()
    }
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// Absent for what lies in this repository.
    source: Option<String>,
}

impl Package {
    fn is_foreign(&self) -> bool {
        self.source.is_some()
    }
}

fn judge(policy: &Policy, packages: &[Package], report: &mut Report) -> anyhow::Result<()> {
    for package in packages.iter().filter(|package| package.is_foreign()) {
        if let Err(sentence) = judge_one(&policy.allowed_for(&package.name)?, package) {
            report.error("Cargo.lock", 0, format!("{} {}: {sentence}", package.name, package.version));
        }
    }
    Ok(())
}

fn judge_one(allowed: &[Licensee], package: &Package) -> Result<(), String> {
    if !package.source.as_deref().unwrap_or_default().starts_with("registry+") {
        return Err("it does not come from the registry".to_owned());
    }
    let licence = package.license.as_deref().ok_or("it names no licence")?;
    let expression = Expression::parse_mode(licence, ParseMode::LAX)
        .map_err(|error| format!("`{licence}`: {}", error.reason))?;
    let satisfied = |wanted: &LicenseReq| allowed.iter().any(|licence| licence.satisfies(wanted));
    if expression.evaluate(satisfied) {
        Ok(())
    } else {
        Err(format!("`{licence}` is not on the list of {PATH}"))
    }
}

/// All packages of the lock file; when those of other platforms are not on this machine, only this platform's, with
/// a note that says so.
fn packages(repository: &Repository) -> anyhow::Result<(Vec<Package>, Option<String>)> {
    if let Ok(all) = metadata(repository, &[]) {
        return Ok((all, None));
    }
    let platform = host()?;
    let here = metadata(repository, &["--filter-platform", &platform])?;
    Ok((
        here,
        Some(format!(
            "only those of {platform}: the others are not on this machine (`cargo fetch` gets them)"
        )),
    ))
}

fn metadata(repository: &Repository, more: &[&str]) -> anyhow::Result<Vec<Package>> {
    let arguments = ["metadata", "--offline", "--format-version", "1"];
    let output = Command::new("cargo").args(arguments).args(more).current_dir(repository.root()).output()?;
    if !output.status.success() {
        bail!("cargo could not read the packages: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    Ok(metadata.packages)
}

fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc could not be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc did not name its platform")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: Option<&str> = Some("registry+https://example.org/index");

    fn errors(license: Option<&str>, source: Option<&str>) -> Vec<String> {
        let text = "[licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"Apache-2.0 WITH LLVM-exception\"]\n\
                    exceptions = [{ crate = \"font\", allow = [\"OFL-1.1\"] }]\n";
        let policy = Policy::read(&Repository::of(&[(PATH, text)])).unwrap();
        let package = |name: &str| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            source: source.map(str::to_owned),
        };
        let mut report = Report::default();
        judge(&policy, &[package("thing"), package("font")], &mut report).unwrap();
        report.error_lines()
    }

    #[test]
    fn an_expression_is_satisfied_by_the_list_or_found() {
        for (licence, found) in [
            ("MIT", 0),
            ("MIT OR GPL-3.0-only", 0),
            ("MIT AND Apache-2.0", 0),
            ("MIT/Apache-2.0", 0),
            ("Apache-2.0 WITH LLVM-exception", 0),
            ("GPL-3.0-only", 2),
            ("MIT AND GPL-3.0-only", 2),
            ("OFL-1.1", 1),
            ("no such thing", 2),
        ] {
            assert_eq!(errors(Some(licence), REGISTRY).len(), found, "{licence}");
        }
    }

    #[test]
    fn packages_without_a_licence_or_from_elsewhere_are_found_and_ours_are_not_judged() {
        assert!(errors(None, REGISTRY)[0].ends_with("thing 1.0.0: it names no licence"));
        assert!(
            errors(Some("MIT"), Some("git+https://example.org/x"))[0]
                .ends_with("does not come from the registry")
        );
        assert!(errors(None, None).is_empty());
    }
}
