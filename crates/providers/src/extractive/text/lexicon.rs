//! Small word lists of general English: words that carry nothing, words that carry little, and words that
//! mean nearly the same. Nothing here is made for one document.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::word::stems;

/// Words without content, as stems.
pub(crate) fn is_stop(stem: &str) -> bool {
    static STOP: LazyLock<HashSet<String>> = LazyLock::new(|| stems(STOP_WORDS).into_iter().collect());
    stem.chars().count() < 2 && !stem.chars().all(char::is_numeric) || STOP.contains(stem)
}

/// Words that a question often has and its answer often lacks, as stems.
pub(crate) fn is_soft(stem: &str) -> bool {
    static SOFT: LazyLock<HashSet<String>> = LazyLock::new(|| stems(SOFT_WORDS).into_iter().collect());
    SOFT.contains(stem)
}

/// Stems of words that mean nearly the same, without `stem` itself.
pub(crate) fn synonyms(stem: &str) -> &'static [String] {
    static GROUPS: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(groups);
    GROUPS.get(stem).map_or(&[], Vec::as_slice)
}

/// Stems of words that mean the opposite.
pub(crate) fn opposites(stem: &str) -> &'static [String] {
    static PAIRS: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
        let mut pairs: HashMap<String, Vec<String>> = HashMap::new();
        for line in OPPOSITES.lines() {
            if let [one, other] = stems(line).as_slice() {
                pairs.entry(one.clone()).or_default().push(other.clone());
                pairs.entry(other.clone()).or_default().push(one.clone());
            }
        }
        pairs
    });
    PAIRS.get(stem).map_or(&[], Vec::as_slice)
}

fn groups() -> HashMap<String, Vec<String>> {
    let mut groups: HashMap<String, Vec<String>> = HashMap::new();
    for line in SYNONYMS.lines() {
        let members = stems(line);
        for member in &members {
            let others = groups.entry(member.clone()).or_default();
            for other in members.iter().filter(|other| *other != member) {
                if !others.contains(other) {
                    others.push(other.clone());
                }
            }
        }
    }
    groups
}

const STOP_WORDS: &str = "since besides beside apart aside instead otherwise plus except unless despite regardless upon amid throughout \
    concern given else elsewhere somewhat somehow anyway indeed rather quite almost really actually basically simply thing a an the this that these those there here it its itself they them their theirs he him his she her hers \
    we us our ours you your yours i me my mine myself yourself themselves himself one ones who whom whose which what when where why how \
    am is are was were be been being do does did doing done have has had having can could may might must shall should will would ought \
    and or but nor so if then else than because as until while of at by for with without about against between into through during \
    before after above below to from up down in out on off over under again further once all any both each few more most other some \
    such no not only own same too very s t just don now also ever even yet still per via upon within toward towards among along \
    across behind beyond whether either neither however therefore thus hence etc eg ie vs please tell let's let according regarding \
    concerning respect regard terms anything something nothing everything anyone someone everyone somebody anybody \
    many much several every whatever whichever whenever wherever get gets got";

const SOFT_WORDS: &str = "say says said saying state states stated mention mentions mentioned describe describes described explain explains \
    explained mean means meaning define defines defined definition happen happens happened work works working use uses used using \
    useful usage give gives given make makes made making need needs needed want wants wanted like take takes taken put puts keep keeps kept \
    go goes find finds found show shows showed shown see look allow allows allowed permit permits permitted permission require requires required \
    requirement requirements obligation obligations condition conditions rule rules provide provides provided contain contains include includes included \
    concern concerns apply applies applied applicable consider considered call called name named refer refers way ways thing things kind kinds type types \
    sort sorts case cases example examples reason reasons purpose purposes difference differences different differ compare compared comparison similar \
    similarity common part parts section sections point points detail details information document documents documentation text texts file \
    manual page pages list lists listed summary summarise summarize overview main important key question answer \
    do possible impossible able want someone people person user users author authors able ways manner situation situations circumstance circumstances \
    handle handles handled deal deals treat treats treated treatment affect affects effect effects result results consequence consequences \
    follow follows following next first last new old good bad better best right correct correctly exactly specific specifically \
    set sets begin start become certain long short far high low large small big number amount limit limits maximum minimum \
    max min often soon late early time times day days year years month months week weeks date dates \
    licence license licences licenses licensed policy guide book current currently default normally usually typically \
    topic topics approach method methods step steps process procedure recommended recommend recommendation suggest advice \
    avoid prevent ensure support supports supported offer offers exist exists existing occur occurs try trying cause causes caused fail fails \
    return returns returned change changes changed must should may cannot forbid forbids forbidden prohibit prohibited refuse legal legally \
    expect expected available valid total overall entry entries item items row rows value values column columns record records table \
    belong belongs hold holds stand stands cover covers covered address addresses role specify specifies specified tell told discuss discusses discussed \
    version versions copy copies clause clauses provision provisions term terms statement statements content contents aspect aspects gist material written \
    period periods heading headings chapter chapters plain ordinary decide know known learn understand read receive receives obtain back side end second third two three";

const SYNONYMS: &str = "distribute redistribute convey propagate transfer ship
modify modification change alter alteration adapt edit amend
derivative derived based adaptation
delete remove erase drop discard purge
create make add generate
show display print view
start begin launch initiate commence effect
stop end terminate finish halt cease
terminate terminated revoke cancel expire lapse
warranty guarantee warranties
liable liability damages responsible
fee charge price cost money pay paid payment royalty
buy purchase acquire
sell sale sold commercial commercially
sell charge fee price
allow permit grant authorize may
forbid prohibit disallow ban restrict
must shall required mandatory obligatory
violate violation breach infringe infringement comply
sue litigation lawsuit court claim
patent patents
trademark trademarks trade mark logo
author copyright holder contributor
file document
folder directory
copy copies duplicate reproduce
undo revert reset restore
combine merge join link aggregate
fix repair correct resolve cure remedy
error mistake failure fault
fast faster fastest quick quickly speed performance
big bigger biggest large larger huge
small smaller little tiny
maximum limit longest highest largest
minimum smallest lowest shortest
country nation territory
currency money
language tongue
name title
version release edition
release published released date
eol end unsupported
installation install setup
uninstall removal remove purge
configure configuration setting option
parameter argument option flag
default initial
previous earlier prior former
later newer subsequent future
before prior
after afterwards
source code
binary object executable compiled
notice notices statement
user person recipient licensee you
encrypt encryption cipher
password passphrase credential
backup dump copy
recover recovery restore
lock locking
permission right privilege
owner ownership own
automatically automatic
manually manual
temporary temp transient
week weekly
day daily
month monthly
year yearly annual
hide hidden conceal
find search locate
choose select pick
rename move
empty blank
new fresh
ignore exclude skip
abbreviation acronym code
character letter symbol
disk storage
memory ram
network internet
email mail
web website
govern governing governed apply
jurisdiction venue court
disclaim disclaimer disclaimed
mark label
shorten abbreviate
list enumerate
number count amount
replace substitute overwrite
update upgrade refresh
wait sleep delay pause
duplicate identical same
maintain maintainer maintenance
advertise advertising promotion endorse publicity
accept agree acceptance consent
anonymous unnamed
share publish disclose
obligation duty requirement
reinstate restore reinstatement
fine penalty
avoid prevent
force compel
deadlock deadlocks
obtain get receive
prove demonstrate
secure safe safer safest
slow slower slowest
easy easier easiest simple simplest
old older oldest
new newer newest
high higher
low lower
strong stronger strongest
weak weaker weakest
withdraw withdrawn withdrew withdrawal
write written wrote
choose chose chosen
begin began begun
send sent
build built
break broke broken
lose lost loss
buy bought
hold held
keep kept
restart reboot
letter character
gram grams g
kilogram kilograms kg
litre liter l
kilometre kilometer km
postpone postponed delay delayed put back moved later reschedule rescheduled
teach teacher teaching instructor
study studied education degree university graduated
speak speaks language languages
know skill skills
task tasks action duty todo
earn earns salary wage wages income
holiday holidays vacation leave
absent apologies missing
chair chaired chairperson chairman
hire hired recruit employ
cost price fee rate
expensive dear costly price
cheap cheaper cheapest inexpensive price
phone telephone tel mobile
child children kid kids
dog dogs pet pets
run runs last lasts continue continues duration
allowed permitted forbidden
agree consent approve approval
ill illness sick sickness
bill invoice
claim claims expenses
ship shipping postage delivery
goods item items parcel
candidate candidates applicant applicants
fly flight flights flown
upper lower uppercase lowercase capital
employee employees staff
meeting session";

const OPPOSITES: &str = "open closed
included excluded
enabled disabled
valid invalid";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_what_they_are_for() {
        assert!(is_stop("the") && is_stop("x") && !is_stop("7") && !is_stop("patent"));
        assert!(is_soft("mention") && !is_soft("patent"));
        assert!(synonyms("convey").contains(&"distribut".to_owned()));
        assert!(synonyms("zebra").is_empty());
    }
}
